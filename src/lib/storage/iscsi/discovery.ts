// Which targets an iSCSI portal has (SendTargets). Asked by open-iscsi where the kernel of the host has an initiator, else by libiscsi, which
// needs none. Nothing is written down: looking does not make the host log in at its next boot.
import {InvalidInputError, NotFoundError, ToolError, UnavailableError} from '../../base/index.ts'
import type {Host} from '../../host/index.ts'
import {asPortal} from '../iscsi-target.ts'
import {targetsOfPortal} from '../iscsidirect/libiscsi.ts'

export interface DiscoveredTarget {
  readonly target: string
  /** Address, port and portal group tag, as the portal tells them: `192.0.2.10:3260,1`. */
  readonly portal: string
}

/** It is there when the kernel's initiator is loaded. */
const kernelInitiator = '/sys/class/iscsi_transport'
const limitMs = 20_000
const maxReportBytes = 4 * 1024 ** 2
const maxTargets = 10_000
/** iscsiadm(8), EXIT STATUS: no driver in the kernel; no iscsid to be reached; nothing found. */
const exitCodes = {noTransport: 12, noDaemon: 20, nothingFound: 21} as const

/** Pure. */
export function discoverArgv(portal: string, isWrittenDown: boolean): string[] {
  return ['iscsiadm', '--mode', 'discovery', '--type', 'sendtargets', '--portal', portal, ...isWrittenDown ? [] : ['--op', 'nonpersistent']]
}

/**
 * The targets of a portal, for `pvesm scan iscsi`, in the order in which it names them.
 * @param portal a host with an optional port
 * @throws InvalidInputError for what is no portal, UnavailableError when nobody answers there or no initiator is installed
 */
export async function discoverTargets(portal: string, host: Host): Promise<DiscoveredTarget[]> {
  const checked = asPortal(portal)
  if (checked === undefined) throw new InvalidInputError(`'${portal.slice(0, 80)}' is no iSCSI portal; write its address, with a port where that is not 3260`, {portal: 'must be a host with an optional port'})
  // Without the kernel's part iscsiadm tries for seconds to load it, before it gives up.
  const found = await host.files.stat(kernelInitiator) === undefined ? undefined : await discoverByKernel(checked, host)
  return found ?? (await targetsOfPortal(host, checked)).map(({target, portal: address, group}) => ({target, portal: `${address},${group}`}))
}

/** undefined where the host has no open-iscsi, or its kernel no driver. */
async function discoverByKernel(portal: string, host: Host): Promise<DiscoveredTarget[] | undefined> {
  const argv = discoverArgv(portal, false)
  try {
    const {stdout, exitCode} = await host.run(argv, {timeoutMs: limitMs, maxOutputBytes: maxReportBytes, okExitCodes: [0, ...Object.values(exitCodes)]})
    if (exitCode === exitCodes.nothingFound) return []
    return exitCode === 0 ? parseDiscovery(stdout) : undefined
  } catch (error) {
    if (error instanceof NotFoundError) return undefined
    if (!(error instanceof ToolError)) throw error
    throw new UnavailableError(`the iSCSI portal ${portal} does not answer`, {cause: error, nextSteps: ['Look whether the server runs and a firewall lets port 3260 through.']})
  }
}

/** Lines of `iscsiadm --mode discovery`: `192.0.2.10:3260,1 iqn.2003-01.org.example:disks`. Pure; other lines are left out. */
export function parseDiscovery(text: string): DiscoveredTarget[] {
  return text.split('\n').slice(0, maxTargets).flatMap((line) => {
    const [, portal, target] = /^(\S{1,300},\d{1,5}) (\S{1,223})\s*$/.exec(line) ?? []
    return portal === undefined || target === undefined ? [] : [{portal, target}]
  })
}
