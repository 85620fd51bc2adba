// Sets a container up: what its distribution needs to have written into its root file system, from its configuration and the host's name servers.
import {randomUUID} from 'node:crypto'
import {NotFoundError} from '../../../base/index.ts'
import type {FileTree} from '../../../host/index.ts'
import type {Context} from '../../../tasks/index.ts'
import type {ConfigSection} from '../../guest-config.ts'
import {netsOf} from '../config/index.ts'
import type {IdMap} from '../config/index.ts'
import {readWholeNumber} from '../../read-properties.ts'
import {ownerIn} from '../mount-space/open-container-space.ts'
import {systemdVersion} from './concerns/systemd.ts'
import {distributionOf} from './distributions/index.ts'
import {readHostDns} from './host-dns.ts'
import type {HostDns} from './host-dns.ts'
import type {Setup, SetupFacts} from './setup.ts'
import {detectDistribution} from './detect.ts'
import {newHostKeys} from './host-keys.ts'
import {zoneFor} from './host-zone.ts'

export {detectDistribution}

export interface SetUpWish {
  readonly tree: FileTree
  readonly section: ConfigSection
  readonly map: IdMap
  readonly vmid: number
  /** It has just been unpacked. */
  readonly isNew: boolean
  readonly passwordHash?: string
  readonly sshKeys?: string
}

/** From this version on, systemd puts services into namespaces of their own, which AppArmor refuses containers that may not nest. */
const leastConfiningSystemd = 252

type SetUpContext = Pick<Context, 'host' | 'clock' | 'log' | 'places' | 'signal'>

/** Leaves a container alone whose `ostype` is `unmanaged`. */
export async function setUp({tree, section, map, vmid, isNew, passwordHash, sshKeys}: SetUpWish, context: SetUpContext): Promise<void> {
  const {values} = section
  const ostype = values['ostype'] ?? await detectDistribution(tree)
  if (distributionOf(ostype) === undefined) return
  const zone = await zoneFor(values['timezone'], context.host)
  const facts: SetupFacts = {
    ...await factsFor(ostype, vmid, values, tree, readHostDns(await resolvOf(context.host))), ...(zone === undefined ? {} : {zone}),
    today: Math.floor(context.clock.now() / 86_400_000), random: Math.random, uuid: randomUUID,
  }
  const hostKeys = isNew && (await tree.stat('etc/ssh'))?.kind === 'directory' ? await newHostKeys(vmid, context) : []
  const warn = (text: string) => { context.log.warn(`container ${vmid}: ${text}`) }
  await applySetup(ostype, {tree, facts, owner: ownerIn(map), passwordHash, sshKeys, hostKeys, warn}, isNew)
  if (isNew && map.length > 0 && !/(?:^|,)nesting=1/.test(values['features'] ?? '')) await tellOfNesting(tree, warn)
}

async function tellOfNesting(tree: FileTree, warn: (text: string) => void): Promise<void> {
  const version = await systemdVersion(tree)
  if (version !== undefined && version >= leastConfiningSystemd) warn(`systemd ${version} was found; where some of its services do not start, allow nesting: --features nesting=1`)
}

/** The steps of a distribution, in their order. */
export async function applySetup(ostype: string, at: Setup, isNew: boolean): Promise<void> {
  const distribution = distributionOf(ostype)
  if (distribution === undefined) return
  for (const step of distribution.always) await step(at)
  if (isNew) for (const step of distribution.whenNew) await step(at)
}

/** @param hostDns what a container uses that has neither name servers nor search domains of its own */
export async function factsFor(ostype: string, vmid: number, values: Readonly<Record<string, string>>, tree: FileTree, hostDns: HostDns): Promise<Omit<SetupFacts, 'today' | 'random' | 'uuid'>> {
  const own = {nameServers: words(values['nameserver']), searchDomains: words(values['searchdomain'])}
  const {nameServers, searchDomains} = own.nameServers.length + own.searchDomains.length > 0 ? own : hostDns
  return {
    vmid, hostName: values['hostname'] ?? `CT${vmid}`, ttyCount: readWholeNumber('tty', values['tty']) ?? 2, nameServers, searchDomains,
    // What the host manages is none of the container's business.
    nets: netsOf(values).filter((net) => net['host-managed'] !== true),
    release: await distributionOf(ostype)?.release(tree) ?? '',
  }
}

async function resolvOf(host: Context['host']): Promise<string> {
  try {
    return await host.files.readText('/etc/resolv.conf')
  } catch (error) {
    if (error instanceof NotFoundError) return ''
    throw error
  }
}

function words(text: string | undefined): string[] {
  return (text ?? '').split(/[\s,;]+/).filter((word) => word !== '')
}
