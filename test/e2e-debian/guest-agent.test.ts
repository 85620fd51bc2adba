// A real qemu-guest-agent in a real guest: what it answers, what it runs, and that nothing of ours leaves its file systems frozen. Needs no network.
import {execFileSync, spawnSync} from 'node:child_process'
import {readFileSync, readdirSync} from 'node:fs'
import {join} from 'node:path'
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

  const dump = join(installation.root, 'lib/vz/dump')
  /** How often its file systems were frozen, in the words of the agent itself. */
  const freezes = async () => Number((await exec('sh', '-c', 'journalctl --no-pager -q -u qemu-guest-agent | grep -c "guest-fsfreeze called"'))['out-data'])
  const vzdump = (...words: string[]) => installation.call('vzdump', [vmid, '--mode', 'snapshot', '--compress', 'zstd', ...words], {timeoutMs: 600_000})

  it('are frozen at the moment that a backup is of: what it brings back needs no repair, and has what was written without being synced', async () => {
    const before = await freezes()
    await exec('sh', '-c', 'rm -f /root/busy; echo unsynced > /root/unsynced; (i=0; while [ ! -e /root/busy ]; do i=$((i+1)); echo $i > /root/count; mv /root/count /root/counted; done) >/dev/null 2>&1 &')
    const {code, stderr} = await vzdump()
    await exec('sh', '-c', 'echo > /root/busy')
    expect(code, stderr).toBe(0)
    expect(await freezes()).toBeGreaterThan(before)
    expect(await frozen()).toBe('thawed')
    const archive = readdirSync(dump).find((name) => name.endsWith('.vma.zst')) ?? ''
    const restored = await installation.call('qmrestore', [join(dump, archive), '101', '--unique', '1'], {timeoutMs: 600_000})
    expect(restored.code, restored.stderr).toBe(0)
    const disk = join(installation.root, 'restored.raw')
    execFileSync('qemu-img', ['convert', '-O', 'raw', join(installation.root, 'lib/vz/images/101/vm-101-disk-0.qcow2'), disk], {timeout: 120_000})
    // A file system that was not frozen has a journal that waits to be replayed.
    expect(execFileSync('dumpe2fs', ['-h', disk], {encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore']})).not.toContain('needs_recovery')
    const check = spawnSync('e2fsck', ['-f', '-n', disk], {encoding: 'utf8', timeout: 120_000})
    expect([check.status, check.stdout]).toEqual([0, expect.not.stringContaining('WARNING')])
    expect(execFileSync('debugfs', ['-R', 'cat /root/unsynced', disk], {encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore']})).toBe('unsynced\n')
    expect(execFileSync('debugfs', ['-R', 'cat /root/counted', disk], {encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore']})).toMatch(/^[1-9]\d*\n$/)
    await installation.mustQm('destroy', '101')
  }, 900_000)

  it('thaw when the worker of a backup is killed while they are frozen, and nothing of it is left', async () => {
    const archives = readdirSync(dump).filter((name) => !name.endsWith('.log'))
    const foreseen = await installation.call('vzdump', [vmid, '--mode', 'snapshot', '--dry-run', '--output-format', 'json'])
    const [guestPlan] = (JSON.parse(foreseen.stdout) as {steps: {do: {foreseen: {plan: {steps: {do: {kind: string}}[]}}[]}}[]}).steps[0]?.do.foreseen ?? []
    const kinds = guestPlan?.plan.steps.map((each) => each.do.kind) ?? []
    const [first, last] = [kinds.indexOf('guest.freeze'), kinds.indexOf('guest.thaw')]
    expect(last).toBeGreaterThan(first)
    // After it froze them; while the machine stands still; and when that goes on.
    for (const index of [first, first + 1, last - 1]) {
      const thawed = () => installation.daemonLog().split('its file systems were thawed').length
      const before = thawed()
      expect((await installation.call('vzdump', [vmid, '--mode', 'snapshot'], {env: {CORRAL_TEST_STOP_AFTER_STEP: String(index + 1)}})).code, kinds[index]).not.toBe(0)
      await waitUntil(`qmeventd to let it go on and to thaw it (${kinds[index]})`, () => thawed() > before, 60_000)
      expect(await frozen(), kinds[index]).toBe('thawed')
      await exec('sh', '-c', 'echo written > /root/after && sync')
      await installation.mustQm('set', vmid, '--onboot', '1')
      expect(await installation.mustQm('config', vmid), kinds[index]).not.toMatch(/^lock/m)
      expect(readdirSync(dump).filter((name) => !name.endsWith('.log')), kinds[index]).toEqual(archives)
    }
  }, 600_000)
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
