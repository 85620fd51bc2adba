// The life of one virtual machine, as a person sees it: start, console, reboot, the ways to end it, and what is left afterwards.
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {GuestConsole} from './support/console.ts'
import {readyLine} from './support/guest-iso.ts'
import {Installation, isAlive, waitUntil} from './support/installation.ts'

const installation = new Installation()
const vmid = 100

beforeAll(async () => {
  await installation.addIso()
  await installation.create(vmid, {boots: true, options: ['--net0', 'virtio', '--name', 'tiny']})
})

afterAll(() => installation.close())

async function startAndBoot(): Promise<GuestConsole> {
  await installation.mustQm('start', String(vmid))
  const console = new GuestConsole(installation, vmid)
  await console.waitForGuest()
  return console
}

/** Nothing runs, and no socket, PID file or setting is left. */
async function expectStopped(limitMs: number): Promise<void> {
  await waitUntil('the run files to be gone', () => installation.leftovers().length === 0, limitMs)
  expect(await installation.status(vmid)).toBe('status: stopped')
}

describe('a virtual machine', () => {
  it('shows its boot line on a real terminal, and goes on when the terminal is left', async () => {
    await installation.mustQm('start', String(vmid))
    expect(await installation.status(vmid)).toBe('status: running')
    const terminal = onTerminal(vmid)
    const line = await terminal.waitFor(readyLine)
    expect(line).toMatch(/\d+\.\d+/)
    terminal.write('\u000f')
    expect(await terminal.ended).toBe(0)
    expect(await installation.status(vmid)).toBe('status: running')
  })

  it('is not started twice', async () => {
    const again = await installation.qm('start', String(vmid))
    expect(again.code).toBe(6)
    expect(again.stderr).toContain('virtual machine 100 is running already')
  })

  it('lets one terminal at a time in', async () => {
    const first = new GuestConsole(installation, vmid)
    await first.waitForGuest()
    const second = await installation.call('qm', ['terminal', String(vmid)])
    expect(second.code).toBe(6)
    expect(second.stderr).toContain('serial0 of virtual machine 100 is in use by another terminal')
    expect(await first.leave()).toBe(0)
  })

  it('answers on the monitor', async () => {
    const {code, stdout} = await installation.call('qm', ['monitor', String(vmid)], {input: 'info status\ninfo name\n'})
    expect(code).toBe(0)
    expect(stdout).toBe('VM status: running\ntiny\n')
  })

  it('reboots itself and stays the same process', async () => {
    const pid = installation.pidOf(vmid)
    const console = new GuestConsole(installation, vmid)
    await console.waitForGuest()
    console.type('reboot')
    await console.waitFor(/ISOLINUX|SeaBIOS|Corral guest ready/, 60_000)
    await console.waitForGuest()
    expect(await console.run('cut -d. -f1 /proc/uptime')).toMatch(/^\s*\d\s*$|^\s*\d\d\s*$/m)
    expect(installation.pidOf(vmid)).toBe(pid)
    await console.leave()
  })

  it('is stopped within a second after it has switched itself off, and leaves nothing', async () => {
    const pid = installation.pidOf(vmid)
    const console = new GuestConsole(installation, vmid)
    await console.waitForGuest()
    await console.run('sync')
    console.type('poweroff')
    // The guest takes its time to act on the command; its port closes with QEMU, which is what is to come soon after.
    await waitUntil('the guest to be off', () => installation.daemonLog().includes('guest 100 has ended (by itself)'), 20_000)
    expect(await waitUntil('QEMU to end', () => !isAlive(pid), 1_000)).toBeLessThan(1_000)
    expect(await installation.status(vmid)).toBe('status: stopped')
    await expectStopped(5_000)
    await console.leave()
  })

  it('shuts down when it is asked to', async () => {
    const console = await startAndBoot()
    const {code, tookMs} = await installation.qm('shutdown', String(vmid))
    expect(code).toBe(0)
    expect(tookMs).toBeLessThan(30_000)
    await expectStopped(0)
    await console.leave()
  })

  it('is restarted by qm reboot, with what waited for it', async () => {
    const console = await startAndBoot()
    await console.leave()
    await installation.mustQm('set', String(vmid), '--memory', '160')
    expect(await installation.mustQm('config', String(vmid), '--current')).toContain('memory: 192')
    const pid = installation.pidOf(vmid)
    await installation.mustQm('reboot', String(vmid))
    await waitUntil('the guest to be started again', async () => await installation.status(vmid) === 'status: running' && installation.pidOf(vmid) !== pid, 30_000)
    expect(await installation.mustQm('config', String(vmid), '--current')).toContain('memory: 160')
    const {stdout} = await installation.call('qm', ['monitor', String(vmid)], {input: 'info memory_size_summary\n'})
    expect(stdout).toContain(`base memory: ${160 * 1024 * 1024}`)
  })

  it('is restarted although the worker of qm reboot was killed when the guest was off', async () => {
    const console = new GuestConsole(installation, vmid)
    await console.waitForGuest()
    await console.leave()
    const pid = installation.pidOf(vmid)
    const killed = await installation.call('qm', ['reboot', String(vmid)], {env: {CORRAL_TEST_STOP_AFTER_STEP: '3'}})
    expect(killed.code).not.toBe(0)
    await waitUntil('the guest to be started again', async () => await installation.status(vmid) === 'status: running' && installation.pidOf(vmid) !== pid, 30_000)
  })

  it('does not answer the power button in its firmware: shutdown says so, and forceStop stops it', async () => {
    await installation.mustQm('reset', String(vmid))
    const refused = await installation.qm('shutdown', String(vmid), '--timeout', '1')
    expect(refused.code).toBe(7)
    expect(refused.stderr).toContain('virtual machine 100 did not shut down within 1 s')
    expect(await installation.status(vmid)).toBe('status: running')
    await installation.mustQm('reset', String(vmid))
    await installation.mustQm('shutdown', String(vmid), '--timeout', '1', '--forceStop', '1')
    await expectStopped(0)
  })

  it('is waited for, and stopped', async () => {
    await installation.mustQm('start', String(vmid))
    const tooShort = await installation.qm('wait', String(vmid), '--timeout', '1')
    expect(tooShort.code).toBe(7)
    const waiting = installation.qm('wait', String(vmid))
    await installation.mustQm('stop', String(vmid))
    expect((await waiting).code).toBe(0)
    await expectStopped(0)
    expect((await installation.qm('stop', String(vmid))).code).toBe(0)
  })

  it('is cleared up after when its QEMU is killed', async () => {
    await installation.mustQm('start', String(vmid))
    const pid = installation.pidOf(vmid)
    process.kill(pid, 'SIGKILL')
    await waitUntil('QEMU to be gone', () => !isAlive(pid), 2_000)
    expect(await installation.status(vmid)).toBe('status: stopped')
    await expectStopped(5_000)
    expect(installation.daemonLog()).toContain('qm cleanup 100 0 0: done')
  })

  it.each([['reset'], ['reboot'], ['terminal'], ['monitor']])('refuses %s when it does not run', async (command) => {
    const {code, stderr} = await installation.qm(command, String(vmid))
    expect(code).toBe(6)
    expect(stderr).toContain('virtual machine 100 is not running')
  })

  it('is destroyed', async () => {
    await installation.mustQm('start', String(vmid))
    expect((await installation.qm('destroy', String(vmid))).code).toBe(6)
    await installation.mustQm('stop', String(vmid))
    await installation.mustQm('destroy', String(vmid))
    expect((await installation.qm('status', String(vmid))).code).toBe(3)
  })
})

/** `qm terminal` on a pseudo-terminal that script(1) makes. */
function onTerminal(guest: number): {waitFor(pattern: RegExp): Promise<string>; write(text: string): void; ended: Promise<number | null>} {
  const child = installation.spawnOnTerminal('qm', ['terminal', String(guest)])
  let seen = ''
  child.stdout.on('data', (data: Buffer) => { seen += data.toString('latin1') })
  return {
    waitFor: async (pattern) => {
      await waitUntil(`${String(pattern)} on the terminal`, () => pattern.test(seen), 60_000)
      return pattern.exec(seen)?.[0] ?? ''
    },
    write: (text) => { child.stdin.write(text) },
    ended: new Promise((resolve) => { child.once('close', resolve) }),
  }
}
