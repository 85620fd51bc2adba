// Several virtual machines at once, and the daemon that watches them: killed, started again, ended with the last guest.
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {GuestConsole} from './support/console.ts'
import {Installation, isAlive, waitUntil} from './support/installation.ts'

const installation = new Installation()
const many = [301, 302, 303, 304, 305, 306]

beforeAll(async () => {
  await installation.addIso()
  await installation.create(300, {boots: true})
  for (const vmid of many) await installation.create(vmid)
})
afterAll(() => installation.close())

async function statuses(): Promise<Record<string, string>> {
  const listed = JSON.parse(await installation.mustQm('list', '--output-format', 'json')) as {vmid: number; status: string}[]
  return Object.fromEntries(listed.map(({vmid, status}) => [String(vmid), status]))
}

describe('many starts at once', () => {
  it('all succeed, each machine once', async () => {
    const answers = await Promise.all(many.map((vmid) => installation.qm('start', String(vmid))))
    expect(answers.map(({code, stderr}) => `${code} ${stderr}`.trim())).toEqual(many.map(() => '0'))
    expect(new Set(many.map((vmid) => installation.pidOf(vmid))).size).toBe(many.length)
    expect(Object.entries(await statuses()).filter(([, status]) => status === 'running').map(([vmid]) => Number(vmid))).toEqual(many)
  })

  it('of one machine give one QEMU', async () => {
    await installation.mustQm('stop', '301')
    const answers = await Promise.all([1, 2, 3].map(() => installation.qm('start', '301')))
    expect(answers.map(({code}) => code).sort()).toEqual([0, 6, 6])
    expect(isAlive(installation.pidOf(301))).toBe(true)
  })
})

describe('qmeventd', () => {
  it('clears up after all of them when they are killed together', async () => {
    const pids = many.map((vmid) => installation.pidOf(vmid))
    for (const pid of pids) process.kill(pid, 'SIGKILL')
    await waitUntil('all run files to be gone', () => installation.leftovers().length === 0, 20_000)
    expect(Object.values(await statuses()).every((status) => status === 'stopped')).toBe(true)
  })

  it('is there once', async () => {
    await installation.mustQm('start', '301')
    const first = installation.daemonPid()
    const second = await installation.call('qmeventd', [`${installation.root}/run/qmeventd.sock`, '-f'])
    expect(second.code).toBe(6)
    expect(second.stderr).toContain('another process listens on')
    expect(installation.daemonPid()).toBe(first)
  })

  it('is started again after it was killed, and finds out what happened meanwhile', async () => {
    await installation.mustQm('start', '300')
    const console = new GuestConsole(installation, 300)
    await console.waitForGuest()
    const daemon = installation.daemonPid() ?? 0
    process.kill(daemon, 'SIGKILL')
    await waitUntil('the daemon to be gone', () => !isAlive(daemon), 2_000)
    // One guest switches itself off and its QEMU waits; another one's QEMU dies.
    const [off, dead] = [installation.pidOf(300), installation.pidOf(301)]
    console.type('poweroff')
    process.kill(dead, 'SIGKILL')
    await waitUntil('QEMU of the second to be gone', () => !isAlive(dead), 2_000)
    // Whoever asks for the state of the first sees to it that it is watched again; its QEMU then ends.
    await waitUntil('the guest to be off', async () => /shutdown|stopped/.test(await installation.mustQm('status', '300')), 20_000)
    expect(await waitUntil('QEMU of the first to end', () => !isAlive(off), 5_000)).toBeLessThan(5_000)
    await installation.mustQm('start', '302')
    await waitUntil('both to be cleared up after', () => installation.leftovers().every((name) => name.startsWith('302.')), 10_000)
    expect(await statuses()).toMatchObject({300: 'stopped', 301: 'stopped', 302: 'running'})
  })

  it('takes the guests of a killed daemon over when they come back to it', async () => {
    const daemon = installation.daemonPid() ?? 0
    process.kill(daemon, 'SIGKILL')
    await waitUntil('the daemon to be gone', () => !isAlive(daemon), 2_000)
    const doctor = await installation.call('corral', ['doctor'])
    expect(doctor.stdout).toContain('no qmeventd watches them')
    const pid = installation.pidOf(302)
    process.kill(pid, 'SIGKILL')
    await waitUntil('the guest to be cleared up after', () => installation.leftovers().length === 0, 15_000)
  })

  it('ends with the last guest', async () => {
    const daemon = installation.daemonPid() ?? 0
    await waitUntil('the daemon to end', () => !isAlive(daemon), 20_000)
    expect(installation.daemonPid()).toBeUndefined()
  })
})
