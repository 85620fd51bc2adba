// The kernel's iSCSI sessions: which there are, from /sys; logging in and looking anew, by iscsiadm. It knows nothing of volumes.
import {NotFoundError, ToolError, UnavailableError} from '../../base/index.ts'
import type {Host} from '../../host/index.ts'
import type {IscsiTarget} from '../iscsi-target.ts'
import {discoverArgv} from './discovery.ts'

const sessionsFolder = '/sys/class/iscsi_session'
const limitMs = 60_000
/** iscsiadm(8), EXIT STATUS. */
const exitCodes = {sessionExists: 15, noTransport: 12, noDaemon: 20, notAllowed: 24, nothingFound: 21} as const

/** The numbers of the sessions with a target; none when the host is not logged in. */
export async function sessionsWith({files}: Pick<Host, 'files'>, target: string): Promise<number[]> {
  const found: number[] = []
  for (const name of await files.list(sessionsFolder)) {
    const number = /^session(\d{1,9})$/.exec(name)?.[1]
    if (number === undefined) continue
    // A session may end while it is looked at.
    const text = await files.readText(`${sessionsFolder}/${name}/targetname`, 1024).catch(() => '')
    if (text.trim() === target) found.push(Number(number))
  }
  return found
}

/** Pure. */
export function loginArgv({target}: Pick<IscsiTarget, 'target'>): string[] {
  return ['iscsiadm', '--mode', 'node', '--targetname', target, '--login']
}

/** Pure. */
export function rescanArgv(session: number): string[] {
  return ['iscsiadm', '--mode', 'session', '--sid', String(session), '--rescan']
}

/**
 * Logs in at all portals at which the target says that it is; right as well when the host is logged in.
 * @throws UnavailableError when the portal does not answer, does not let us in, or the host has no initiator
 */
export async function logIn(host: Host, wanted: IscsiTarget): Promise<void> {
  const {portal, target} = wanted
  const discovered = await runIscsiadm(host, wanted, discoverArgv(portal, true), [0, exitCodes.nothingFound])
  if (!discovered.stdout.split('\n').some((line) => line.trim().endsWith(` ${target}`))) {
    throw new UnavailableError(`the iSCSI portal ${portal} has no target '${target}'`, {nextSteps: [`See which it has: pvesm scan iscsi ${portal}`, 'Look on the server whether this host may use the target.']})
  }
  // Of several portals one may be out of reach; a session by another is enough, and is looked for by the caller.
  await runIscsiadm(host, wanted, loginArgv(wanted), [0, exitCodes.sessionExists])
}

/** Lets the kernel look for LUNs that were made or have grown since. */
export async function rescan(host: Host, target: IscsiTarget, session: number): Promise<void> {
  await runIscsiadm(host, target, rescanArgv(session), [0])
}

async function runIscsiadm(host: Host, {portal, target}: IscsiTarget, argv: readonly string[], okExitCodes: readonly number[]) {
  try {
    return await host.run(argv, {timeoutMs: limitMs, okExitCodes})
  } catch (error) {
    if (error instanceof NotFoundError) throw new UnavailableError('iSCSI targets cannot be used: iscsiadm is not installed', {cause: error, nextSteps: ['apt-get install open-iscsi']})
    if (error instanceof UnavailableError) throw new UnavailableError(`the iSCSI portal ${portal} does not answer`, {cause: error})
    if (!(error instanceof ToolError)) throw error
    const {exitCode} = error.failure
    if (exitCode === exitCodes.noTransport) throw new UnavailableError("iSCSI targets cannot be used: the host's kernel has no initiator", {cause: error, nextSteps: ['modprobe iscsi_tcp', 'Without one, QEMU can open LUNs itself: storages of type iscsidirect.']})
    if (exitCode === exitCodes.noDaemon) throw new UnavailableError('iSCSI targets cannot be used: iscsid does not run', {cause: error, nextSteps: ['systemctl start iscsid']})
    if (exitCode === exitCodes.notAllowed) throw new UnavailableError(`the iSCSI target '${target}' does not let this host in`, {cause: error, nextSteps: ['See the name to be let in: /etc/iscsi/initiatorname.iscsi', 'A password (CHAP) belongs into /etc/iscsi/iscsid.conf.']})
    throw new UnavailableError(`the iSCSI portal ${portal} does not answer`, {cause: error, nextSteps: ['Look whether the server runs and a firewall lets port 3260 through.']})
  }
}
