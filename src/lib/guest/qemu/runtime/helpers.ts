// The programs that run beside a guest's QEMU: swtpm and virtiofsd. Each serves one socket of the guest and ends by itself when QEMU leaves
// it; one whose QEMU never came is ended here. They are known by the path of that socket in their command line, as QEMU is by its PID file.
import type {ProcessId} from '../../../host/index.ts'
import {killProcess} from './end-process.ts'
import type {EndContext} from './end-process.ts'
import {guestPaths, helperSockets} from './sockets.ts'
import {processesWhere} from './status.ts'
import type {RuntimeContext} from './status.ts'

/** How long one may take to end by itself, once QEMU is gone. */
const leaveMs = 500

/** The helpers of a guest that run, by a look at all processes. */
export async function findHelpers(vmid: number, context: RuntimeContext): Promise<ProcessId[]> {
  const sockets = helperSockets(context.places, vmid)
  return processesWhere((words) => words.some((word) => sockets.some((socket) => endsInSocket(word, socket))), context)
}

/** `type=unixio,path=/run/…/100.swtpm,mode=0600` or `--socket-path=/run/…/100.virtiofs0`. */
function endsInSocket(word: string, socket: string): boolean {
  return word === `--socket-path=${socket}` || word.startsWith(`type=unixio,path=${socket},`)
}

/** Whether there may be any: they leave their sockets behind, or are about to make them. */
export async function hasHelperSockets(vmid: number, {host, places}: RuntimeContext): Promise<boolean> {
  const names = await host.files.list(guestPaths(places, vmid).dir)
  return helperSockets(places, vmid).some((socket) => names.includes(socket.slice(socket.lastIndexOf('/') + 1)))
}

/** Ends what still runs of them. The guest's QEMU has ended, and its lock is held. */
export async function endHelpers(vmid: number, context: RuntimeContext & EndContext): Promise<void> {
  const deadline = context.clock.monotonicMs() + leaveMs
  let helpers = await findHelpers(vmid, context)
  while (helpers.length > 0 && context.clock.monotonicMs() < deadline) {
    await context.clock.sleep(50)
    helpers = await findHelpers(vmid, context)
  }
  for (const helper of helpers) await killProcess(helper, context)
}
