// A mount namespace that a process of ours holds. The kernel ends the holder with us (PR_SET_PDEATHSIG, which setpriv(1) sets), and unmounts everything
// when the last process in the namespace has ended: nothing has to be cleared up, whoever is killed. Mounts of the host that go away go away in here
// too (`slave`), so that nothing of the host stays in use because of it.
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {readlinkSync} from 'node:fs'
import {ForbiddenError, UnavailableError} from '../../base/index.ts'
import type {MountSpace, ProcessId} from '../host.ts'
import {processIdentity} from './processes.ts'
import {childEnvironment} from './program-path.ts'
import {runProgram} from './run.ts'

const readyLimitMs = 10_000

/** @throws ForbiddenError without the rights of root, UnavailableError when it does not come about */
export async function openLocalMountSpace(host: string, like?: ProcessId): Promise<MountSpace> {
  const among = like === undefined ? [] : ['nsenter', `--mount=/proc/${like.pid}/ns/mnt`, '--']
  // `cat` ends at the end of its input, which comes with our own at the latest.
  const holder = spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...among, 'unshare', '--mount', '--propagation', 'slave', '--', 'sh', '-c', 'echo ready && exec cat'], {
    stdio: ['pipe', 'pipe', 'pipe'], env: childEnvironment(), cwd: '/',
  })
  const {pid} = holder
  let complaint = ''
  holder.stderr.on('data', (chunk: Buffer) => { complaint = (complaint + chunk.toString('utf8')).slice(-2000) })
  holder.stdin.on('error', () => undefined)
  try {
    await Promise.race([
      once(holder.stdout, 'data', {signal: AbortSignal.timeout(readyLimitMs)}),
      once(holder, 'exit').then(() => { throw new Error(complaint) }),
    ])
  } catch (cause) {
    holder.kill('SIGKILL')
    if (/Operation not permitted/.test(complaint)) throw new ForbiddenError('a mount namespace may not be made: permission denied', {cause, nextSteps: ['Run the command as root.']})
    throw new UnavailableError('a mount namespace could not be made', {cause})
  }
  if (like !== undefined && processIdentity(like.pid)?.startTime !== like.startTime) {
    holder.kill('SIGKILL')
    throw new UnavailableError('a mount namespace could not be made: the process whose mounts it was to have has ended')
  }
  if (pid === undefined || readlinkSync(`/proc/${pid}/ns/mnt`) === readlinkSync('/proc/self/ns/mnt')) {
    holder.kill('SIGKILL')
    throw new UnavailableError('a mount namespace could not be made: the program that holds it is not in one')
  }
  holder.unref()
  for (const stream of [holder.stdin, holder.stdout, holder.stderr]) (stream as unknown as {unref(): void}).unref()
  return {
    run: (argv, options) => runProgram(host, ['nsenter', `--mount=/proc/${pid}/ns/mnt`, '--', ...argv], options),
    pathOf: (path) => `/proc/${pid}/root${path}`,
    close: async () => {
      if (holder.exitCode !== null || holder.signalCode !== null) return
      // Whoever waits for its end has nothing else that keeps him alive.
      holder.ref()
      const ended = once(holder, 'exit')
      holder.kill('SIGKILL')
      await ended
    },
  }
}
