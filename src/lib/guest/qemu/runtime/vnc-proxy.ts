// Joins a pair of streams to the VNC server of a guest, byte for byte, until either side ends.
import type {Duplex} from 'node:stream'
import {CancelledError} from '../../../base/index.ts'
import type {Terminal} from '../../../tasks/index.ts'

/** What the guest still sends after the viewer's last word has this long to arrive. */
const lingerMs = 1_000

/** @throws CancelledError when the signal fires */
export async function joinStreams(stream: Duplex, {input, output}: Terminal, signal: AbortSignal): Promise<void> {
  let linger: NodeJS.Timeout | undefined
  try {
    await new Promise<void>((resolve, reject) => {
      const onAbort = () => reject(new CancelledError())
      if (signal.aborted) { onAbort(); return }
      signal.addEventListener('abort', onAbort, {once: true})
      const end = () => { signal.removeEventListener('abort', onAbort); resolve() }
      stream.on('data', (chunk: Buffer) => { if (!output.write(chunk)) stream.pause() })
      output.on('drain', () => stream.resume())
      input.on('data', (chunk: Buffer) => { if (!stream.write(chunk)) input.pause() })
      stream.on('drain', () => input.resume())
      for (const event of ['end', 'close', 'error']) stream.on(event, end)
      for (const event of ['close', 'error']) output.on(event, end)
      for (const event of ['end', 'error']) input.on(event, () => { stream.end(); linger ??= setTimeout(end, lingerMs) })
      input.resume()
    })
  } finally {
    clearTimeout(linger)
    stream.destroy()
    input.pause()
  }
}
