// A Ceph cluster of this machine for a lab host. Its daemons tell clients their addresses, which are 127.0.0.1 with a port: SSH makes the host's
// own 127.0.0.1 lead here at each of these ports. So the kernel of the host is the client, and the daemons run at full speed.
import {spawn} from 'node:child_process'
import {join} from 'node:path'
import {inject} from 'vitest'
import type {Host} from '../../../src/lib/host/index.ts'

/** Until the returned function is called. */
export async function forwardPorts(host: Host, ports: readonly number[]): Promise<() => Promise<void>> {
  const {home, name} = inject('lab')
  const forwards = ports.flatMap((port) => ['-R', `127.0.0.1:${port}:127.0.0.1:${port}`])
  const ssh = spawn('setpriv', ['--pdeathsig', 'KILL', '--', 'ssh', '-F', join(home, '.ssh/config'), '-o', 'BatchMode=yes', '-o', 'ExitOnForwardFailure=yes', '-N', ...forwards, name], {stdio: 'ignore'})
  const hasEnded = () => ssh.exitCode !== null || ssh.signalCode !== null
  const close = () => new Promise<void>((resolve) => {
    if (hasEnded()) { resolve(); return }
    ssh.once('exit', () => resolve())
    ssh.kill('SIGTERM')
  })
  for (let tries = 0; tries < 600 && !hasEnded(); tries++) {
    const listening = (await host.run(['ss', '-Htln'])).stdout
    if (ports.every((port) => listening.includes(`127.0.0.1:${port} `))) return close
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  await close()
  throw new Error(`the ports ${ports.join(', ')} of this machine could not be brought to lab host ${name}`)
}
