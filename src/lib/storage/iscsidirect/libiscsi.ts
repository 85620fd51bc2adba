// An iSCSI server as libiscsi's programs see it, which log in by themselves and need no driver in the kernel. Their complaints become errors here.
import {NotFoundError, ToolError, UnavailableError} from '../../base/index.ts'
import type {Host, RunResult} from '../../host/index.ts'
import type {IscsiTarget} from '../iscsi-target.ts'
import {lunUrl, readIscsiInitiator} from '../iscsi-target.ts'
import {maxLun} from './naming.ts'
import type {FoundTarget} from './report.ts'
import {parseCapacity, parseTargets} from './report.ts'

/** A server that takes longer to answer is not there. */
const limitMs = 15_000
const maxReportBytes = 4 * 1024 ** 2
/** Either program's code for everything that went wrong. */
const failed = 10

/** Pure. */
export function listTargetsArgv(portal: string, withLuns: boolean, initiator: string | undefined): string[] {
  return ['iscsi-ls', ...withLuns ? ['-s'] : [], ...initiatorArgv(initiator), `iscsi://${portal}`]
}

/** Pure. */
export function capacityArgv(target: IscsiTarget, lun: number, initiator: string | undefined): string[] {
  return ['iscsi-readcapacity16', '-s', ...initiatorArgv(initiator), lunUrl(target, lun)]
}

function initiatorArgv(initiator: string | undefined): string[] {
  return initiator === undefined ? [] : ['-i', initiator]
}

/**
 * All targets of a portal.
 * @param portal as asPortal gives it
 * @throws UnavailableError when nobody answers there, or libiscsi is not installed
 */
export async function targetsOfPortal(host: Host, portal: string): Promise<FoundTarget[]> {
  const argv = listTargetsArgv(portal, false, await readIscsiInitiator(host))
  const result = await runLibiscsi(host, portal, argv)
  if (result.exitCode !== 0) throw portalFailed(host, portal, argv, result)
  return parseTargets(result.stdout)
}

/**
 * The numbers of the LUNs of a target that are disks, in order.
 * @throws UnavailableError when the portal does not answer, has no such target, or does not let us in
 */
export async function lunsOfTarget(host: Host, wanted: IscsiTarget): Promise<number[]> {
  const {portal, target} = wanted
  const argv = listTargetsArgv(portal, true, await readIscsiInitiator(host))
  const result = await runLibiscsi(host, portal, argv)
  const found = parseTargets(result.stdout)
  const position = found.findIndex((each) => each.target === target)
  // iscsi-ls goes through all targets of the portal and ends at the first that does not let it in. What it has got past is whole.
  const isWhole = position >= 0 && (result.exitCode === 0 || position < found.length - 1)
  if (isWhole) return [...new Set(found[position]?.luns)].sort((a, b) => a - b)
  if (result.exitCode !== 0 && found.at(-1)?.target === target || found.length === 0 && result.exitCode !== 0) throw portalFailed(host, portal, argv, result)
  const isKnown = result.exitCode !== 0 && (await targetsOfPortal(host, portal)).some((each) => each.target === target)
  if (isKnown) return probedLuns(host, wanted)
  throw new UnavailableError(`the iSCSI portal ${portal} has no target '${target}'`, {nextSteps: [`See which it has: iscsi-ls iscsi://${portal}`, 'Look on the server whether this host may use the target.']})
}

/** Servers number LUNs from 0 or 1 on; so many in a row that are missing are the end. */
const probedAtOnce = 32

/** The LUNs of a target that iscsi-ls does not reach, because one before it does not let it in: numbers are tried. */
async function probedLuns(host: Host, target: IscsiTarget): Promise<number[]> {
  const found: number[] = []
  for (let first = 0; first <= maxLun; first += probedAtOnce) {
    const numbers = Array.from({length: probedAtOnce}, (_, offset) => first + offset)
    const sizes = await lunSizes(host, target, numbers)
    if (sizes.size === 0) break
    found.push(...numbers.filter((lun) => sizes.has(lun)))
  }
  return found
}

/** Each is asked for by a short program; this many run side by side. */
const maxAtOnce = 8

/** The sizes of those LUNs that are there. @throws UnavailableError as lunSizeBytes */
export async function lunSizes(host: Host, target: IscsiTarget, luns: readonly number[]): Promise<Map<number, number>> {
  const waiting = [...luns]
  const sizes = new Map<number, number>()
  const next = async (): Promise<void> => {
    for (let lun = waiting.shift(); lun !== undefined; lun = waiting.shift()) {
      const sizeBytes = await sizeOrNothing(host, target, lun)
      if (sizeBytes !== undefined) sizes.set(lun, sizeBytes)
    }
  }
  await Promise.all(Array.from({length: maxAtOnce}, next))
  return sizes
}

async function sizeOrNothing(host: Host, target: IscsiTarget, lun: number): Promise<number | undefined> {
  try {
    return await lunSizeBytes(host, target, lun)
  } catch (error) {
    if (error instanceof NotFoundError) return undefined
    throw error
  }
}

/** The size of a LUN. @throws NotFoundError when there is no such LUN, UnavailableError as above */
export async function lunSizeBytes(host: Host, target: IscsiTarget, lun: number): Promise<number> {
  const argv = capacityArgv(target, lun, await readIscsiInitiator(host))
  const result = await runLibiscsi(host, target.portal, argv)
  const sizeBytes = parseCapacity(result.stdout)
  if (result.exitCode === 0 && sizeBytes !== undefined) return sizeBytes
  if (/LOGICAL_UNIT_NOT_SUPPORTED|failed to send readcapacity/i.test(result.stdout + result.stderr)) throw new NotFoundError(`the iSCSI target '${target.target}' has no disk with the number ${lun}`)
  throw portalFailed(host, target.portal, argv, result)
}

async function runLibiscsi(host: Host, portal: string, argv: readonly string[]): Promise<RunResult> {
  try {
    return await host.run(argv, {timeoutMs: limitMs, maxOutputBytes: maxReportBytes, okExitCodes: [0, failed]})
  } catch (error) {
    if (error instanceof NotFoundError) throw new UnavailableError(`iSCSI servers cannot be spoken to: ${argv[0] ?? 'libiscsi'} is not installed`, {cause: error, nextSteps: ['apt-get install libiscsi-bin qemu-block-extra']})
    if (error instanceof UnavailableError) throw new UnavailableError(`the iSCSI portal ${portal} does not answer`, {cause: error, nextSteps: ['Look whether the server runs and a firewall lets port 3260 through.']})
    throw error
  }
}

function portalFailed(host: Host, portal: string, argv: readonly string[], {stdout, stderr, exitCode}: RunResult): UnavailableError {
  // Some complaints stand among the output.
  const said = `${stdout}\n${stderr}`
  const cause = new ToolError(`${argv[0] ?? 'libiscsi'} failed`, {host: host.name, argv, exitCode, stderr: said.slice(-4096)})
  if (/Authentication failure/i.test(said)) {
    return new UnavailableError(`the iSCSI portal ${portal} does not let this host in: it wants a password (CHAP), which storages have no option for, or knows the initiator's name or address not`, {cause, nextSteps: ['Let this host in by its address, or by the name in /etc/iscsi/initiatorname.iscsi.']})
  }
  if (/Target not found/i.test(said)) return new UnavailableError(`the iSCSI portal ${portal} has no such target, or does not let this host in`, {cause, nextSteps: [`See which it has: iscsi-ls iscsi://${portal}`]})
  if (/Can not resol/i.test(said)) return new UnavailableError(`the iSCSI portal ${portal} has no address: its name is not known`, {cause})
  return new UnavailableError(`the iSCSI portal ${portal} does not answer`, {cause, nextSteps: ['Look whether the server runs and a firewall lets port 3260 through.']})
}
