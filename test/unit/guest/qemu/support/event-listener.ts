// Lets a test start a real QEMU without a daemon for its events, and end it.
import {mkdirSync} from 'node:fs'
import {createServer} from 'node:net'
import {onTestFinished} from 'vitest'
import {eventSocketPath} from '../../../../../src/lib/guest/qemu/runtime/sockets.ts'
import type {Context} from '../../../../../src/lib/tasks/index.ts'
import type {Installation} from '../../../tasks/demo/installation.ts'
import {qm} from './run-qm.ts'

/** Somebody listens where qmeventd would, so none is started. When the test is over, machine 100 is stopped. */
export async function listenForEvents(place: Installation, context: Context): Promise<void> {
  mkdirSync(context.places.runDir, {recursive: true, mode: 0o700})
  const server = createServer((socket) => { socket.on('error', () => undefined) })
  await new Promise<void>((resolve) => { server.listen(eventSocketPath(context.places), resolve) })
  onTestFinished(async () => {
    await qm('stop', {vmid: 100}, await place.open()).catch(() => undefined)
    server.close()
  })
}
