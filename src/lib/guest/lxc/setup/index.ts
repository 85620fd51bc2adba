// Sets a container up: what its distribution needs to have written into its root file system, from its configuration and the host's name servers.
import {NotFoundError} from '../../../base/index.ts'
import type {FileTree} from '../../../host/index.ts'
import type {Context} from '../../../tasks/index.ts'
import type {ConfigSection} from '../../guest-config.ts'
import {netsOf} from '../config/index.ts'
import type {IdMap} from '../config/index.ts'
import {readWholeNumber} from '../../read-properties.ts'
import {ownerIn} from '../mount-space/open-container-space.ts'
import {distributionOf, releaseFiles} from './distributions/index.ts'
import {readHostDns} from './host-dns.ts'
import type {HostDns} from './host-dns.ts'
import type {Setup, SetupFacts} from './setup.ts'
import {detectDistribution} from './detect.ts'

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

/** Leaves a container alone whose `ostype` is `unmanaged`. */
export async function setUp({tree, section, map, vmid, isNew, passwordHash, sshKeys}: SetUpWish, context: Pick<Context, 'host' | 'clock'>): Promise<void> {
  const {values} = section
  const ostype = values['ostype'] ?? await detectDistribution(tree)
  const facts = {
    ...await factsFor(ostype, vmid, values, tree, readHostDns(await resolvOf(context.host))), today: Math.floor(context.clock.now() / 86_400_000), random: Math.random,
  }
  await applySetup(ostype, {tree, facts, owner: ownerIn(map), passwordHash, sshKeys}, isNew)
}

/** The steps of a distribution, in their order. */
export async function applySetup(ostype: string, at: Setup, isNew: boolean): Promise<void> {
  const distribution = distributionOf(ostype)
  if (distribution === undefined) return
  for (const step of distribution.always) await step(at)
  if (isNew) for (const step of distribution.whenNew) await step(at)
}

/** @param hostDns what a container uses that has neither name servers nor search domains of its own */
export async function factsFor(ostype: string, vmid: number, values: Readonly<Record<string, string>>, tree: FileTree, hostDns: HostDns): Promise<Omit<SetupFacts, 'today' | 'random'>> {
  const own = {nameServers: words(values['nameserver']), searchDomains: words(values['searchdomain'])}
  const {nameServers, searchDomains} = own.nameServers.length + own.searchDomains.length > 0 ? own : hostDns
  const releaseFile = releaseFiles[ostype]
  return {
    vmid, hostName: values['hostname'] ?? `CT${vmid}`, nets: netsOf(values), ttyCount: readWholeNumber('tty', values['tty']) ?? 2, nameServers, searchDomains,
    release: releaseFile === undefined ? '' : (await tree.readText(releaseFile, 4096) ?? '').trim(),
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
