// A real qemu-guest-agent in a real guest: what it answers, what it runs, and that nothing of ours leaves its file systems frozen. Needs no network.
import {readFileSync} from 'node:fs'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {GuestConsole} from '../e2e/support/console.ts'
import {Installation, waitUntil} from '../e2e/support/installation.ts'
import {parseMeminfo} from '../../src/lib/guest/qemu/ballooning/balloon-round.ts'
import {createDebianGuest, debianBootLimitMs} from '../support/debian-guest.ts'

const installation = new Installation()
const vmid = '100'

const guest = (...words: string[]) => installation.mustQm('guest', ...words)
const exec = async (...program: string[]) => JSON.parse(await guest('exec', vmid, '--', ...program)) as Record<string, unknown>
const frozen = async () => (await guest('cmd', vmid, 'fsfreeze-status')).trim()

beforeAll(async () => {
  await createDebianGuest(installation, 100, ['--balloon', '384'])
  await installation.mustQm('start', vmid)
  const console = new GuestConsole(installation, 100)
  await console.waitForGuest(debianBootLimitMs)
  await console.leave()
  await waitUntil('the agent to answer', async () => (await installation.qm('guest', 'cmd', vmid, 'ping')).code === 0, 30_000)
}, debianBootLimitMs + 60_000)
afterAll(() => installation.close())

describe('a real agent', () => {
  it.each([
    ['ping', /^$/], ['info', /"guest-exec"/], ['get-osinfo', /"id": "debian"/], ['get-host-name', /"host-name": "/], ['get-time', /^\d{16,}\n$/], ['get-timezone', /"offset"/],
    ['get-users', /^\[/], ['get-vcpus', /"logical-id": 0/], ['get-fsinfo', /"mountpoint": "\/"/], ['network-get-interfaces', /"name": "lo"/], ['fsfreeze-status', /^thawed\n$/],
    ['get-memory-block-info', /"size": \d+/], ['fstrim', /"paths"/],
  ])('answers %s', async (command, answer) => {
    expect(await guest('cmd', vmid, command)).toMatch(answer)
  }, 60_000)

  it('tells its name, system and addresses in status and list', async () => {
    // A card of its own making is as good as any.
    await exec('sh', '-c', 'ip link add web0 type veth peer name web1; ip addr add 192.0.2.9/24 dev web0; ip link set web0 up')
    const status = JSON.parse(await installation.mustQm('status', vmid, '--verbose', '--output-format', 'json')) as Record<string, unknown>
    expect(status).toMatchObject({'guest-agent': 'answers'})
    expect(status['guest-os']).toMatch(/^Debian GNU\/Linux/)
    expect((status['guest-addresses'] as Record<string, string[]>)['web0']).toContain('192.0.2.9/24')
    expect(await installation.mustQm('list', '--full')).toMatch(/ADDRESSES *\n.*192\.0\.2\.9\/24/)
  }, 60_000)
})

describe('programs in the guest', () => {
  it('give their exit code and what they wrote', async () => {
    expect(await exec('sh', '-c', 'echo hällo; echo oops >&2; exit 3')).toEqual({exited: 1, exitcode: 3, 'out-data': 'hällo\n', 'err-data': 'oops\n'})
    expect(await exec('/bin/echo', '$(id)', ';', '-n')).toMatchObject({'out-data': '$(id) ; -n\n'})
    const missing = await installation.qm('guest', 'exec', vmid, '--', '/no/such/program')
    expect([missing.code, missing.stderr]).toEqual([5, expect.stringContaining("the guest agent refused 'guest-exec'")])
  }, 60_000)

  it('get standard input', async () => {
    const {code, stdout} = await installation.call('qm', ['guest', 'exec', vmid, '--pass-stdin', '1', '--', 'wc', '-c'], {input: `${'x'.repeat(200_000)}\n`})
    expect([code, JSON.parse(stdout)]).toEqual([0, {exited: 1, exitcode: 0, 'out-data': '200001\n'}])
  }, 60_000)

  it('are asked about later when they take longer', async () => {
    const {pid} = JSON.parse(await guest('exec', vmid, '--timeout', '1', '--', 'sh', '-c', 'sleep 3; echo done')) as {pid: number}
    await waitUntil('the program to end', async () => {
      const status = JSON.parse(await guest('exec-status', vmid, String(pid))) as Record<string, unknown>
      if (status['exited'] === 1) expect(status).toEqual({exited: 1, exitcode: 0, 'out-data': 'done\n'})
      return status['exited'] === 1
    }, 20_000)
    expect((await installation.qm('guest', 'exec-status', vmid, String(pid))).code).toBe(5)
  }, 60_000)
})

describe('a password', () => {
  const shadow = async () => String((await exec('getent', 'shadow', 'root'))['out-data']).split(':')[1] ?? ''

  it('is set from standard input, as it is or hashed', async () => {
    const before = await shadow()
    expect((await installation.call('qm', ['guest', 'passwd', vmid, 'root'], {input: 'correct horse\n'})).code).toBe(0)
    const after = await shadow()
    expect(after).not.toBe(before)
    expect(after).toMatch(/^\$/)
    const hash = '$6$corral$XxUqZw5vN2k0bTn1T3mQb0b4y6kM3o6x1cJv6oX8k9b9z0m1n2'
    expect((await installation.call('qm', ['guest', 'passwd', vmid, 'root', '--crypted', '1'], {input: hash})).code).toBe(0)
    expect(await shadow()).toBe(hash)
  }, 60_000)
})

describe('frozen file systems', () => {
  it('are frozen and thawed by hand', async () => {
    expect(await guest('cmd', vmid, 'fsfreeze-freeze')).toMatch(/^[1-9]\d*\n$/)
    expect(await frozen()).toBe('frozen')
    expect(await guest('cmd', vmid, 'fsfreeze-thaw')).toMatch(/^[1-9]\d*\n$/)
    expect(await frozen()).toBe('thawed')
  }, 60_000)

  it('thaw when the worker is killed that froze them for a snapshot', async () => {
    const plan = JSON.parse(await installation.mustQm('snapshot', vmid, 'killed', '--dry-run', '--output-format', 'json')) as {steps: {do: {kind: string}}[]}
    const step = plan.steps.findIndex((each) => each.do.kind === 'guest.freeze') + 1
    expect(step).toBeGreaterThan(0)
    expect((await installation.call('qm', ['snapshot', vmid, 'killed'], {env: {CORRAL_TEST_STOP_AFTER_STEP: String(step)}})).code).not.toBe(0)
    await waitUntil('qmeventd to thaw', () => installation.daemonLog().includes('guest 100: its file systems were thawed'), 10_000)
    expect(await frozen()).toBe('thawed')
    await exec('sh', '-c', 'echo written > /root/after && sync')
    // The next command takes the rest back.
    await installation.mustQm('snapshot', vmid, 'whole')
    expect(await frozen()).toBe('thawed')
    const listed = await installation.mustQm('listsnapshot', vmid)
    expect(listed).toContain('whole')
    expect(listed).not.toContain('killed')
  }, 120_000)
})

it('a guest with a balloon gets the memory that the host can spare', async () => {
  const memory = parseMeminfo(readFileSync('/proc/meminfo', 'utf8'))
  if (memory.usedBytes > 0.75 * memory.totalBytes) {
    console.log('not tried: this machine has no memory to spare')
    return
  }
  const mebibytes = async () => Number((JSON.parse(await installation.mustQm('status', vmid, '--verbose', '--output-format', 'json')) as {balloon: number}).balloon) / 1024 ** 2
  await waitUntil('the balloon to shrink', async () => await mebibytes() === 512, 40_000)
}, 60_000)

it('a guest that is told so by its agent shuts down', async () => {
  expect(await guest('cmd', vmid, 'shutdown')).toBe('')
  await waitUntil('the guest to end', async () => (await installation.status(100)) === 'status: stopped', 60_000)
}, 90_000)
