// A network switch for hosts of the lab: QEMU's `-netdev stream` connects to its socket and sends each frame with its length before it. Each
// frame goes to all others. It lives in the process of the tests, and nothing of it is seen on this machine's network.
import {createServer} from 'node:net'
import type {Socket} from 'node:net'

export interface Switch {
  readonly path: string
  close(): Promise<void>
}

/** QEMU's limit for a frame, with room to spare. */
const maxFrameBytes = 128 * 1024

export async function openSwitch(path: string): Promise<Switch> {
  const ports = new Set<Socket>()
  const server = createServer((port) => {
    ports.add(port)
    let waiting: Buffer = Buffer.alloc(0)
    port.on('data', (chunk: Buffer) => {
      waiting = waiting.length === 0 ? chunk : Buffer.concat([waiting, chunk])
      let end = 0
      for (;;) {
        if (waiting.length - end < 4) break
        const length = waiting.readUInt32BE(end)
        if (length > maxFrameBytes) { port.destroy(); return }
        if (waiting.length - end < 4 + length) break
        end += 4 + length
      }
      const frames = waiting.subarray(0, end)
      if (end > 0) for (const other of ports) if (other !== port) other.write(frames)
      waiting = waiting.subarray(end)
    })
    port.on('error', () => { port.destroy() })
    port.on('close', () => { ports.delete(port) })
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve))
  return {path, close: async () => {
    for (const port of ports) port.destroy()
    await new Promise((resolve) => server.close(resolve))
  }}
}
