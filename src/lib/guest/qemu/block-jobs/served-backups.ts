// The backups whose disks this process serves to QEMU, from before a machine is launched until its disks are filled: one action begins that and another ends it, and
// whoever takes over from a dead worker begins anew at the same place.
import type {ServedMachine} from '../../../storage/repository/index.ts'
import type {Context} from '../../../tasks/index.ts'
import {guestPaths} from '../runtime/sockets.ts'

const served = new Map<string, ServedMachine>()

/** Nothing is done where it is served already. @throws as serveMachine */
export async function serveBackup(backup: string, vmid: number, context: Context): Promise<ServedMachine> {
  const {backup: socket, dir} = guestPaths(context.places, vmid)
  const there = served.get(socket)
  if (there !== undefined) return there
  const {serveMachine} = await import('../../../storage/repository/index.ts')
  await context.host.files.makeDirectory(dir, 0o700)
  const begun = await serveMachine({backup, socket}, context)
  served.set(socket, begun)
  return begun
}

/** Also takes away the socket that a dead worker left behind. */
export async function endServing(vmid: number, context: Context): Promise<void> {
  const {backup: socket} = guestPaths(context.places, vmid)
  const there = served.get(socket)
  served.delete(socket)
  await there?.close()
  await context.host.files.remove(socket)
}
