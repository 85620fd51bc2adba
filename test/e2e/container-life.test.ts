// The life of a container on the LXC of this machine: limits and interfaces that change while it runs, standing still, consoles, reboots from inside and
// outside, hook scripts, and an end that nobody sees. Over SSH it is left out, since its files are looked at here.
import {execFileSync, spawn} from 'node:child_process'
import {existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync} from 'node:fs'
import {join, resolve} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {writeTemplate} from '../support/container-template.ts'
import {Installation, waitUntil} from './support/installation.ts'
import {overSsh} from './support/over-ssh.ts'

const namespace = `cl${process.pid}`
// LXC looks for bridges in /sys, which has to be that of the namespace; `ip netns exec` would take the control groups out of sight.
const withOwnSys = 'mount -t tmpfs tmpfs /mnt && mkdir /mnt/c && mount --rbind /sys/fs/cgroup /mnt/c && mount -t sysfs sysfs /sys && mount --rbind /mnt/c /sys/fs/cgroup && umount -l /mnt && exec "$@"'
const prefix = ['nsenter', `--net=/run/netns/${namespace}`, 'unshare', '--mount', '--propagation', 'slave', 'sh', '-c', withOwnSys, 'sh']
const installation = new Installation(prefix, '/tmp/cl-')
const runDir = join(installation.root, 'run/lxc')
const phases = join(installation.root, 'phases')
const isMapped = existsSync('/etc/subuid') && /^root:100000:65536$/m.test(readFileSync('/etc/subuid', 'utf8')) && /^root:100000:65536$/m.test(readFileSync('/etc/subgid', 'utf8'))
const why = overSsh() ? 'the files of the containers are on another host' : isMapped ? undefined : 'root has no range 100000:65536 in /etc/subuid and /etc/subgid'
if (why !== undefined) console.log(`container-life: skipped, because ${why}`)

/** Reboots at SIGHUP, ends at SIGTERM, and has a shell on its first terminal. */
const init = 'trap "exit 0" PWR TERM\ntrap "/bin/busybox reboot -f" HUP\necho started >/run/up\n/bin/busybox getty -n -l /bin/sh 0 tty1 &\nwhile :; do /bin/sleep 1 & wait; done'
const ip = (...words: string[]) => execFileSync('ip', ['-netns', namespace, ...words], {encoding: 'utf8', timeout: 10_000})
const pct = (...words: string[]) => installation.call('pct', words)
const runOf = () => existsSync(join(runDir, '411.run')) ? readFileSync(join(runDir, '411.run'), 'utf8') : undefined
const seenPhases = () => existsSync(phases) ? readFileSync(phases, 'utf8').trim().split('\n') : []

async function must(...words: string[]): Promise<string> {
  const answer = await pct(...words)
  if (answer.code !== 0) throw new Error(`pct ${words.join(' ')} ended with ${answer.code}: ${answer.stderr}`)
  return answer.stdout
}

const inside = (script: string) => must('exec', '411', '--', 'sh', '-c', script)

/** Waits until another run of the container than that one is there, and has come up. */
async function waitForRunAfter(run: string | undefined): Promise<void> {
  await waitUntil('the container to be started again', async () => runOf() !== undefined && runOf() !== run && (await pct('exec', '411', '--', 'cat', '/run/up')).stdout === 'started\n', 90_000)
}

beforeAll(() => {
  execFileSync('ip', ['netns', 'add', namespace], {timeout: 10_000})
  for (const [bridge, address] of [['vmbr7', '10.97.0.254/24'], ['vmbr8', '10.97.8.254/24']] as const) {
    ip('link', 'add', 'name', bridge, 'type', 'bridge')
    ip('link', 'set', bridge, 'up')
    ip('address', 'add', address, 'dev', bridge)
  }
  writeTemplate(join(installation.root, 'lib/vz/template/cache/small.tar.gz'), {init})
  mkdirSync(join(installation.root, 'lib/vz/snippets'), {recursive: true})
  writeFileSync(join(installation.root, 'lib/vz/snippets/hook.sh'), `#!/bin/sh\necho "$2" >>${phases}\n`, {mode: 0o755})
})

afterAll(async () => {
  await pct('stop', '411')
  await installation.close()
  execFileSync('ip', ['netns', 'delete', namespace], {timeout: 10_000})
})

describe.skipIf(why !== undefined)('a container', () => {
  it('has its limits inside, its device and its filter of system calls', async () => {
    await must('create', '411', 'local:vztmpl/small.tar.gz', '--rootfs', 'local:0', '--hostname', 'life', '--memory', '128', '--swap', '0', '--cores', '1', '--hookscript', 'local:snippets/hook.sh',
      '--dev0', '/dev/zero,uid=7,mode=0640', '--net0', 'name=eth0,bridge=vmbr7,ip=10.97.0.1/24')
    await must('start', '411')
    expect(await inside('/bin/busybox nproc; ls -ln /dev/zero; /bin/busybox grep Seccomp: /proc/self/status')).toMatch(/^1\ncrw-r----- +1 7 +0 .*\nSeccomp:\s+2\n$/)
    expect(await must('cpusets')).toMatch(/^-+\n411:[ \d]+\n-+\n$/)
    expect(seenPhases()).toEqual(['pre-start', 'post-start'])
  })

  it('takes other limits and interfaces while it runs, and keeps what it had when something is refused', async () => {
    await must('set', '411', '--memory', '96', '--cpulimit', '0.5', '--delete', 'cores', '--net1', 'name=eth1,bridge=vmbr8,ip=10.97.8.1/24')
    expect(await must('pending', '411')).not.toMatch(/^(?:new|del)/m)
    expect(await inside('ip -4 address show eth1; ping -c 1 -w 20 10.97.8.254; cat /etc/network/interfaces')).toMatch(/10\.97\.8\.1\/24[^]*1 packets received[^]*iface eth1 inet static/)
    await must('set', '411', '--net1', 'name=eth1,bridge=vmbr8,ip=10.97.8.2/24')
    expect((await pct('set', '411', '--memory', '100', '--net1', 'name=eth1,bridge=nowhere')).code).toBe(3)
    const [status] = JSON.parse(await must('list', '--output-format', 'json')) as {addresses?: string[]; maxmem: number; mem: number}[]
    expect(status).toMatchObject({addresses: expect.arrayContaining(['10.97.8.2']) as string[], maxmem: 96 * 1024 ** 2})
    expect(status?.mem).toBeGreaterThan(0)
    await must('set', '411', '--delete', 'net1')
    expect(await inside('cat /proc/net/dev')).not.toContain('eth1')
    expect(ip('-o', 'link', 'show', 'master', 'vmbr8')).toBe('')
  })

  it('stands still and goes on', async () => {
    await must('suspend', '411')
    expect(await must('status', '411', '--verbose')).toMatch(/^suspended: 1$/m)
    expect(await pct('exec', '411', 'true')).toMatchObject({code: 6, stderr: expect.stringContaining('container 411 is suspended') as string})
    await must('resume', '411')
    expect(await inside('echo on')).toBe('on\n')
  })

  it('has a console on a terminal, which its key leaves', async () => {
    // script(1) gives the terminal; it takes one command for a shell, which the words before ours could not be.
    const [program = '', ...words] = [...prefix, 'script', '--quiet', '--return', '--command', `${resolve(import.meta.dirname, '../../bin/pct')} console 411 --escape ^b`, '/dev/null']
    const child = spawn(program, words, {env: {PATH: process.env['PATH'], CORRAL_ROOT: installation.root, TERM: 'xterm', SHELL: '/bin/sh'}, stdio: 'pipe'})
    let shown = ''
    child.stdout.on('data', (data: Buffer) => { shown += data.toString() })
    const ended = new Promise((done) => { child.once('close', done) })
    await waitUntil('the console', () => shown.includes('Ctrl+b q'), 60_000)
    child.stdin.write('echo $((40+2))\r')
    await waitUntil('the answer of the shell', () => /^42\r?$/m.test(shown), 60_000)
    child.stdin.write('\u0002q')
    expect(await ended).toBe(0)
    expect(await must('status', '411')).toBe('status: running\n')
  })

  it('comes back with what waited when it reboots itself, and when it is rebooted', async () => {
    const first = runOf()
    await must('set', '411', '--tty', '3')
    await inside('kill -HUP 1')
    await waitForRunAfter(first)
    expect([await must('config', '411', '--current'), await must('pending', '411')]).toEqual([expect.stringMatching(/^tty: 3$/m), expect.not.stringMatching(/^new/m)])
    const second = runOf()
    await must('reboot', '411')
    await waitForRunAfter(second)
    expect(seenPhases().filter((phase) => phase.startsWith('pre-st') || phase === 'post-stop')).toEqual(['pre-start', 'post-stop', 'pre-start', 'pre-stop', 'post-stop', 'pre-start'])
  })

  it('ends and starts with all others, and is found when it ended unseen', async () => {
    const all = (command: string, ...words: string[]) => installation.call('pvenode', [command, ...words])
    expect(await all('stopall')).toMatchObject({code: 0})
    expect(readdirSync(runDir).filter((name) => name.startsWith('411') && !name.endsWith('.log'))).toEqual([])
    await must('set', '411', '--onboot', '1')
    expect(await all('startall')).toMatchObject({code: 0})
    expect(await must('status', '411')).toBe('status: running\n')
    // As if what waits beside it had been killed.
    const monitor = Number(readFileSync(join(runDir, '411.pid'), 'utf8'))
    for (const name of readdirSync('/proc').filter((each) => /^\d+$/.test(each))) {
      const words = existsSync(`/proc/${name}/cmdline`) ? readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0') : []
      if (words.some((word) => word.endsWith('/container-watch')) && words.includes(join(runDir, '411.run'))) process.kill(Number(name), 'SIGKILL')
    }
    await pct('exec', '411', '--', 'kill', '-TERM', '1')
    await waitUntil('the end of the container', () => !existsSync(`/proc/${monitor}/cmdline`) || readFileSync(`/proc/${monitor}/cmdline`, 'utf8') === '', 60_000)
    const doctor = await installation.call('corral', ['doctor'])
    expect(doctor.stdout + doctor.stderr).toContain('Container 411 does not run, but nobody has cleared up after its end.')
    expect(runOf()).toBeUndefined()
    await must('destroy', '411')
  })
})
