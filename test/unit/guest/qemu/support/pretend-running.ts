// A process that looks like the QEMU of a guest to whoever asks the processes: started with the guest's PID file in its command line.
import {spawn} from 'node:child_process'
import {mkdir, writeFile} from 'node:fs/promises'
import {guestPaths} from '../../../../../src/lib/guest/qemu/runtime/sockets.ts'
import type {Context} from '../../../../../src/lib/tasks/index.ts'

/** @returns what ends it */
export async function pretendRunning(vmid: number, {places}: Pick<Context, 'places'>): Promise<() => Promise<void>> {
  const {dir, pid: pidPath} = guestPaths(places, vmid)
  await mkdir(dir, {recursive: true, mode: 0o700})
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', '--', '-pidfile', pidPath], {stdio: 'ignore'})
  const ended = new Promise<void>((resolve) => { child.once('exit', () => { resolve() }) })
  await new Promise<void>((resolve, reject) => { child.once('spawn', resolve); child.once('error', reject) })
  await writeFile(pidPath, `${child.pid ?? 0}\n`)
  return async () => {
    child.kill('SIGKILL')
    await ended
  }
}
