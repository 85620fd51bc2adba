// What commands whose purpose is the agent of a guest ask before they turn to it, and how they say that it does not answer.
import {AppError, ConflictError, UnavailableError} from '../../../base/index.ts'
import type {Context} from '../../../tasks/index.ts'
import {hasAgent} from '../arguments/index.ts'
import {readGuest} from '../guest-files.ts'
import {assertRunning} from '../runtime/assert-running.ts'
import {guestPaths} from '../runtime/sockets.ts'
import type {AgentClient, AgentOptions} from './client.ts'
import {withAgent} from './client.ts'

/** @throws NotFoundError, ConflictError when the guest does not run or its configuration has no agent */
export async function assertAgent(vmid: number, context: Context): Promise<void> {
  const {config} = await readGuest(vmid, context)
  if (!hasAgent(config.current.values)) {
    throw new ConflictError(`virtual machine ${vmid} has no guest agent in its configuration`, {
      nextSteps: [`Give it one: qm set ${vmid} --agent 1, then stop and start it. In the guest, qemu-guest-agent has to be installed.`], data: {vmid},
    })
  }
  await assertRunning(vmid, context)
}

/**
 * Runs some work over a connection to the agent of a guest.
 * @throws UnavailableError that says what to do when no agent answers; what the work throws
 */
export async function askAgent<T>(vmid: number, {host, places, signal}: Pick<Context, 'host' | 'places' | 'signal'>, work: (client: AgentClient) => Promise<T>, options: AgentOptions = {}): Promise<T> {
  let isThere = false
  try {
    return await withAgent(host, guestPaths(places, vmid).qga, {...options, signal}, (client) => {
      isThere = true
      return work(client)
    })
  } catch (error) {
    if (isThere || !(error instanceof AppError) || error.kind !== 'unavailable') throw error
    throw new UnavailableError(`the guest agent of virtual machine ${vmid} does not answer`, {
      cause: error, data: {vmid},
      nextSteps: [
        'In the guest, look whether it runs: systemctl status qemu-guest-agent',
        `A guest that was started before it had one in its configuration needs a stop and a start: qm stop ${vmid}; qm start ${vmid}`,
      ],
    })
  }
}
