// How a section names an iSCSI target: the portal through which it is reached, and its name. For iscsi, iscsidirect and zfs. Pure, but for the
// name of this host as an initiator, which stands in a file.
import {InvalidInputError} from '../base/index.ts'
import type {Host} from '../host/index.ts'
import type {ImageName, StorageConfig} from './storage.ts'

export interface IscsiTarget {
  /** Host and optional port, IPv6 in brackets: `192.0.2.10`, `[2001:db8::10]:3260`. */
  readonly portal: string
  /** `iqn.2003-01.org.example:disks` */
  readonly target: string
}

/** RFC 3720, 3.2.6: names of at most 223 bytes. They end up in argv, in URLs between slashes and in QEMU's options. */
const targetName = /^(?:iqn|eui|naa)\.[a-zA-Z0-9][a-zA-Z0-9._:-]{0,218}$/
const portalText = /^(?:\[[0-9a-fA-F:.]{2,45}\]|[a-zA-Z0-9][a-zA-Z0-9.-]{0,252})(?::[1-9]\d{0,4})?$/
const bareIpv6 = /^(?=[^:]*:[^:]*:)[0-9a-fA-F:.]{2,45}$/

/** @throws InvalidInputError naming the option */
export function readIscsiTarget(config: StorageConfig): IscsiTarget {
  return {portal: readPortal(config), target: readTarget(config)}
}

function readPortal({storage, portal}: StorageConfig): string {
  const text = typeof portal === 'string' ? asPortal(portal) : undefined
  if (text !== undefined) return text
  throw new InvalidInputError(`storage '${storage}' needs the address of an iSCSI portal, such as 192.0.2.10 or 192.0.2.10:3260`, {portal: 'must be a host with an optional port'})
}

/** A portal in the form that programs take, or undefined. */
export function asPortal(text: string): string | undefined {
  if (bareIpv6.test(text)) return `[${text}]`
  return portalText.test(text) ? text : undefined
}

function readTarget({storage, target}: StorageConfig): string {
  if (typeof target === 'string' && targetName.test(target)) return target
  throw new InvalidInputError(`storage '${storage}' needs the name of an iSCSI target, such as iqn.2003-01.org.example:disks`, {target: 'must begin with iqn., eui. or naa.'}, {
    nextSteps: ['See which a portal has: iscsi-ls iscsi://<portal>'],
  })
}

/** The form of libiscsi and QEMU. A LUN is a number, or a word that stands for one where the target gives it only later. */
export function lunUrl({portal, target}: IscsiTarget, lun: number | string): string {
  return `iscsi://${portal}/${target}/${lun}`
}

/**
 * A LUN as qemu-img opens it. By options, since a URL has no room for the name of the initiator, by which servers let hosts in.
 * @param lun a word that is no number where it is not known yet: QEMU refuses it
 */
export function lunImageName(target: IscsiTarget, lun: number | string, initiator: string | undefined): ImageName {
  return {
    format: 'raw', path: lunUrl(target, lun), options: {
      'file.driver': 'iscsi', 'file.transport': 'tcp', ...initiator === undefined ? {} : {'file.initiator-name': initiator},
      'file.portal': target.portal, 'file.target': target.target, 'file.lun': String(lun), driver: 'raw',
    },
  }
}

const initiatorFile = '/etc/iscsi/initiatorname.iscsi'

/** The name under which this host logs in to targets; undefined where no initiator is set up. Targets may let in only names that they know. */
export async function readIscsiInitiator({files}: Pick<Host, 'files'>): Promise<string | undefined> {
  if (await files.stat(initiatorFile) === undefined) return undefined
  return /^InitiatorName=([\w.:-]{1,223})\s*$/m.exec(await files.readText(initiatorFile, 4096))?.[1]
}
