// How programs find the cluster and say who they are: arguments for Ceph's own, options for QEMU. Keys stand in files; QEMU takes the path of a
// keyring only from a configuration file, which names it. Pure.
import {monitorText} from '../ceph-cluster.ts'
import type {StorageSecret} from '../storage.ts'
import type {RbdOptions} from './options.ts'

export interface RbdAccess { readonly options: RbdOptions; readonly secret: StorageSecret | undefined }

const localConfig = '/etc/ceph/ceph.conf'

/**
 * Options of rbd(8) and ceph(8). A cluster that is named by its monitors is spoken to without a look at the host's own configuration, which is
 * that of another one.
 */
export function cephArguments({options: {monitors, user}, secret}: RbdAccess): string[] {
  const who = ['--id', user, ...secret === undefined ? [] : ['--keyring', secret.path]]
  if (monitors.length === 0) return ['--conf', localConfig, ...who]
  return ['--conf', '/dev/null', '-m', monitors.map(monitorText).join(','), ...who, ...secret === undefined ? ['--auth_supported', 'none'] : []]
}

/** The configuration file for QEMU, beside the keyring. */
export function qemuConfigFile(secret: StorageSecret): {readonly path: string; readonly text: string} {
  return {path: `${secret.path.replace(/\.keyring$/, '')}.conf`, text: `[global]\nkeyring = ${secret.path}\n`}
}

/** The port of Ceph's messenger v2. */
const defaultPort = 3300

/** What QEMU's -blockdev needs beside pool and image (qapi: BlockdevOptionsRbd). */
export function blockdevOptions({options: {monitors, user}, secret}: RbdAccess): Readonly<Record<string, unknown>> {
  if (monitors.length === 0) return {conf: secret === undefined ? localConfig : qemuConfigFile(secret).path, user}
  const server = monitors.map(({host, port}) => ({host, port: String(port ?? defaultPort)}))
  return secret === undefined ? {server, 'auth-client-required': ['none']} : {server, 'auth-client-required': ['cephx'], user, conf: qemuConfigFile(secret).path}
}

/** The same behind the colons of QEMU's name for an image: `rbd:pool/image:mon_host=…`. */
export function nameOptions({options: {monitors, user}, secret}: RbdAccess): string[] {
  const conf = secret === undefined ? monitors.length === 0 ? [`conf=${localConfig}`] : [] : [`conf=${escaped(qemuConfigFile(secret).path)}`]
  const hosts = monitors.length === 0 ? [] : [`mon_host=${escaped(monitors.map(monitorText).join(';'))}`, `auth_supported=${secret === undefined ? 'none' : 'cephx'}`]
  const who = monitors.length > 0 && secret === undefined ? [] : [`id=${user}`]
  return [...hosts, ...who, ...conf]
}

/** A colon ends an option. */
function escaped(text: string): string {
  return text.replace(/[\\:]/g, (character) => `\\${character}`)
}
