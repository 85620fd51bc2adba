// A connection that reads straight into memory which its reader names, where Node otherwise makes a buffer for every 64 KiB that the kernel hands out: for a disk that is thousands a
// second, and V8 collects everything again and again because of them. Node offers that (`onread`) for sockets that connect only, so one that was accepted is made anew around its handle.
import {Socket} from 'node:net'
import type {DirectStream} from '../host.ts'

/** Holds what nobody has named memory for, the heads of messages mostly. */
const spareBytes = 32 * 1024
const nowhere = {room: () => undefined, came: () => undefined}

/** @param accepted by a server with `pauseOnConnect`; nothing was read of it */
export function directSocket(accepted: Socket): Socket & Partial<DirectStream> {
  const inner = accepted as unknown as {_handle: unknown}
  const handle = inner._handle
  // It then reads as ever.
  if (typeof handle !== 'object' || handle === null) return accepted
  const spare = Buffer.allocUnsafeSlow(spareBytes)
  let reader: Parameters<DirectStream['readInto']>[0] = nowhere
  let isSpare = true
  const options = {
    handle,
    onread: {
      buffer: () => {
        const room = reader.room()
        isSpare = room === undefined || room.length === 0
        return room === undefined || isSpare ? spare : room
      },
      callback: (count: number) => {
        reader.came(count, isSpare ? spare.subarray(0, count) : undefined)
        return true
      },
    },
  }
  const socket = new Socket(options as unknown as ConstructorParameters<typeof Socket>[0])
  // The server counts the one that it knows.
  inner._handle = null
  socket.once('close', () => { accepted.destroy() })
  socket.pause()
  return Object.assign(socket, {readInto: (given: typeof reader) => { reader = given }})
}
