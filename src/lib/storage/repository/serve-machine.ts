// Lends the disks of a machine in a repository to QEMU, over a socket: for a machine that runs before it is restored. The repository is open meanwhile, and nobody takes
// its data away. This process has to live as long as anybody reads.
import type {Duplex} from 'node:stream'
import {serveNbd} from '../transfer/nbd-server.ts'
import type {NbdSource} from '../transfer/nbd-server.ts'
import type {StorageContext} from '../open-storage.ts'
import {withKeptMachine} from './find-machine.ts'

export interface MachineToServe {
  /** The volume id of the backup. */
  readonly backup: string
  /** In a folder that is ours alone. */
  readonly socket: string
}

export interface ServedMachine {
  /** The first thing that could not be read; whoever read it was told that it failed, and no more. */
  failure(): Error | undefined
  /** Ends it, with whoever reads still. */
  close(): Promise<void>
}

/**
 * Its disks are exports by their names in the backup: `drive-scsi0`.
 * @throws as withKeptMachine; ConflictError when somebody listens there already
 */
export async function serveMachine({backup, socket}: MachineToServe, context: StorageContext): Promise<ServedMachine> {
  const stop = new AbortController()
  const waits = {clock: context.clock, signal: stop.signal}
  const closed = new Promise<void>((resolve) => { stop.signal.addEventListener('abort', () => { resolve() }, {once: true}) })
  let failure: Error | undefined
  return new Promise((resolve, reject) => {
    const served = withKeptMachine(backup, context, async ({disks}) => {
      const exports = new Map(disks.map((disk): [string, NbdSource] => [disk.name, {
        sizeBytes: disk.sizeBytes,
        read: async (offset, lengthBytes) => {
          try {
            return await disk.read(offset, lengthBytes)
          } catch (error) {
            failure ??= error instanceof Error ? error : undefined
            throw error
          }
        },
      }]))
      const streams = new Set<Duplex>()
      const server = await context.host.listen(socket, (stream) => {
        streams.add(stream)
        stream.on('error', () => undefined)
        void serveNbd(stream, exports, waits).catch(() => undefined).finally(() => { streams.delete(stream); stream.destroy() })
      })
      resolve({failure: () => failure, close: async () => { stop.abort(); await served }})
      await closed
      await server.close()
      for (const stream of streams) stream.destroy()
    })
    served.catch(reject)
  })
}
