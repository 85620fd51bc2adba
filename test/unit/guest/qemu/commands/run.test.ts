// The commands that start and end virtual machines: what they refuse, and what they plan. Real QEMUs are in test/e2e.
import {mkdir, readdir, writeFile} from 'node:fs/promises'
import {afterEach, describe, expect, it} from 'vitest'
import {ConflictError, ForbiddenError, InvalidInputError, NotFoundError, UnavailableError, UnsupportedError} from '../../../../../src/lib/base/index.ts'
import {askAgentToShutDown} from '../../../../../src/lib/guest/qemu/runtime/agent-shutdown.ts'
import {runFilesCheck} from '../../../../../src/lib/guest/qemu/runtime/doctor-check.ts'
import {guestPaths} from '../../../../../src/lib/guest/qemu/runtime/sockets.ts'
import type {Context} from '../../../../../src/lib/tasks/index.ts'
import {FakeAgent} from '../../../../support/fake-agent.ts'
import {FakeQmpServer} from '../../../../support/fake-qmp-server.ts'
import type {FakeQmpHandler} from '../../../../support/fake-qmp-server.ts'
import {pretendRunning} from '../support/pretend-running.ts'
import {machineRoom, outcomeOf, qm, storedConfig} from '../support/run-qm.ts'

const undo: (() => Promise<unknown>)[] = []
afterEach(async () => { for (const step of undo.splice(0).reverse()) await step() })

async function room(lines = 'kvm: 0\nmemory: 64\nserial0: socket\n'): Promise<Context> {
  const context = await (await machineRoom()).open()
  await context.store.commit({put: {'nodes/h1/qemu-server/100.conf': lines}})
  return context
}

async function running(context: Context): Promise<() => Promise<void>> {
  const end = await pretendRunning(100, context)
  undo.push(end)
  return end
}

async function monitorOf(context: Context, answers: Record<string, unknown> = {}): Promise<FakeQmpServer> {
  const server = new FakeQmpServer({answers})
  await mkdir(guestPaths(context.places, 100).dir, {recursive: true})
  await server.listen(guestPaths(context.places, 100).qmp)
  undo.push(() => server.close())
  return server
}

const asUser = (context: Context): Context => ({...context, caller: {user: 'ann@pam', isRoot: false}})

describe.each(['start', 'stop', 'shutdown', 'reboot', 'reset', 'wait', 'monitor', 'terminal'])('qm %s', (command) => {
  it('wants a machine that exists', async () => {
    const context = await room()
    const terminal = {input: process.stdin, output: process.stdout}
    await expect(qm(command, {vmid: 101}, {...context, terminal})).rejects.toThrow(NotFoundError)
    await expect(qm(command, {vmid: 99}, context)).rejects.toThrow(InvalidInputError)
    await expect(qm(command, {vmid: '../100'}, context)).rejects.toThrow(InvalidInputError)
  })

  it('is for root', async () => {
    await expect(qm(command, {vmid: 100}, asUser(await room()))).rejects.toThrow(ForbiddenError)
  })
})

describe.each(['start', 'stop', 'shutdown', 'reboot', 'reset'])('qm %s', (command) => {
  it('respects the lock of the configuration', async () => {
    const context = await room('lock: backup\n')
    await expect(qm(command, {vmid: 100}, context)).rejects.toThrow('virtual machine 100 is locked (backup)')
  })
})

describe('qm start', () => {
  it('shows the whole command line of QEMU and changes nothing', async () => {
    const context = await room()
    const outcome = await outcomeOf('start', {vmid: 100}, context, {dryRun: true})
    const lines = outcome.outcome === 'planned' ? outcome.lines : []
    expect(lines.join('\n')).toMatch(/^# prepare the run files of guest 100\n# start qmeventd unless it runs\n\S*qemu-system-x86_64 .*-pidfile \S+\/100\.pid -daemonize /m)
    expect(await readdir(context.places.runDir).catch(() => [])).not.toContain('qemu-server')
  })

  it('puts waiting changes into force first', async () => {
    const context = await room('cores: 1\nkvm: 0\n\n[PENDING]\ncores: 2\n')
    const outcome = await outcomeOf('start', {vmid: 100}, context, {dryRun: true})
    const text = outcome.outcome === 'planned' ? outcome.lines.join('\n') : ''
    expect(text).toContain('-[PENDING]')
    expect(text).toContain('2,sockets=1,cores=2')
    expect(await storedConfig(100, context)).toContain('[PENDING]')
  })

  it.each<[string, string, Record<string, unknown>, new (message: string) => Error, RegExp]>([
    ['a template', 'template: 1\n', {}, ConflictError, /is a template/],
    ['a key that is not carried out', 'kvm: 0\nnet0: virtio,bridge=vmbr0,firewall=1\n', {}, UnsupportedError, /'net0.firewall'/],
    ['an unknown key', 'kvm: 0\nnonsense: 1\n', {}, UnsupportedError, /'nonsense'/],
    ['a bridge that is not there', 'kvm: 0\nnet0: virtio=02:00:00:00:00:01,bridge=cr-none\n', {}, NotFoundError, /no bridge 'cr-none' on this host \(net0\)/],
    ['an odd bridge', 'kvm: 0\nnet0: virtio=02:00:00:00:00:01,bridge=a b\n', {}, InvalidInputError, /bridge/],
    ['an image that is not there', 'kvm: 0\nscsi0: /no/such/image\n', {}, NotFoundError, /scsi0/],
    ['a storage that is not there', 'kvm: 0\nscsi0: nowhere:100/vm-100-disk-0.raw\n', {}, NotFoundError, /nowhere/],
    ['a machine type that is none', 'kvm: 0\n', {machine: 'pc;id'}, InvalidInputError, /machine/],
    ['a negative timeout', 'kvm: 0\n', {timeout: -1}, InvalidInputError, /timeout/],
  ])('refuses %s', async (_what, lines, params, kind, message) => {
    const context = await room(lines)
    const failure = outcomeOf('start', {vmid: 100, ...params}, context)
    await expect(failure).rejects.toThrow(message)
    await expect(failure).rejects.toBeInstanceOf(kind)
    expect(await storedConfig(100, context)).toBe(lines)
    expect(await readdir(context.places.runDir).catch(() => [])).not.toContain('qemu-server')
  })

  it('refuses a machine that runs', async () => {
    const context = await room()
    await running(context)
    await expect(qm('start', {vmid: 100}, context)).rejects.toThrow('virtual machine 100 is running already')
  })
})

describe('qm stop', () => {
  it('asks QEMU to quit, and clears up', async () => {
    const context = await room()
    const end = await running(context)
    const server = await monitorOf(context, {quit: (() => { void end(); return {return: {}} }) satisfies FakeQmpHandler})
    await qm('stop', {vmid: 100}, context)
    expect(server.received.map(({command}) => command)).toContain('quit')
    expect(await readdir(guestPaths(context.places, 100).dir)).toEqual([])
  })

  it('sends signals to a QEMU that does not answer', async () => {
    const context = await room()
    await running(context)
    await qm('stop', {vmid: 100}, context)
    expect(await readdir(guestPaths(context.places, 100).dir)).toEqual([])
  })

  it('is content with a machine that is off, and forgets a reboot', async () => {
    const context = await room()
    const {dir, reboot} = guestPaths(context.places, 100)
    await mkdir(dir, {recursive: true})
    await writeFile(reboot, '')
    await qm('stop', {vmid: 100}, context)
    expect(await readdir(dir)).toEqual([])
  })

  it('leaves volumes available only for root', async () => {
    await expect(qm('stop', {vmid: 100, keepActive: true}, await room())).resolves.toBeUndefined()
  })
})

describe('qm shutdown', () => {
  it('presses the power button and waits', async () => {
    const context = await room()
    const end = await running(context)
    const server = await monitorOf(context, {system_powerdown: (() => { setTimeout(() => { server.event('SHUTDOWN', {guest: true}) }, 50); return {return: {}} }) satisfies FakeQmpHandler,
      quit: (() => { void end(); return {return: {}} }) satisfies FakeQmpHandler})
    await qm('shutdown', {vmid: 100, timeout: 10}, context)
    expect(server.received.map(({command}) => command)).toEqual(['qmp_capabilities', 'system_powerdown', 'quit'])
  })

  it('says that the guest does not listen', async () => {
    const context = await room()
    await running(context)
    await monitorOf(context, {system_powerdown: {}, 'query-status': {status: 'running'}})
    const failure = qm('shutdown', {vmid: 100, timeout: 1}, context)
    await expect(failure).rejects.toThrow('virtual machine 100 did not shut down within 1 s')
    await expect(failure).rejects.toBeInstanceOf(UnavailableError)
  })

  it('finds a guest that is off although the event was lost', async () => {
    const context = await room()
    const end = await running(context)
    await monitorOf(context, {system_powerdown: {}, 'query-status': {status: 'shutdown'}, quit: (() => { void end(); return {return: {}} }) satisfies FakeQmpHandler})
    await qm('shutdown', {vmid: 100, timeout: 10}, context)
  })

  it('stops it after its time when told to', async () => {
    const context = await room()
    const end = await running(context)
    await monitorOf(context, {system_powerdown: {}, 'query-status': {status: 'running'}, quit: (() => { void end(); return {return: {}} }) satisfies FakeQmpHandler})
    await qm('shutdown', {vmid: 100, timeout: 1, forceStop: true}, context)
    expect(await readdir(guestPaths(context.places, 100).dir)).toEqual([])
  })

  it('can be cancelled while it waits', async () => {
    const context = await room()
    await running(context)
    await monitorOf(context, {system_powerdown: {}, 'query-status': {status: 'running'}})
    const abort = new AbortController()
    setTimeout(() => abort.abort(), 100)
    await expect(qm('shutdown', {vmid: 100, timeout: 60}, {...context, signal: abort.signal})).rejects.toThrow('cancelled')
  })
})

describe('qm reboot, reset, terminal and monitor', () => {
  it.each(['reboot', 'reset', 'terminal', 'monitor'])('%s wants a machine that runs', async (command) => {
    const context = await room()
    const terminal = {input: process.stdin, output: process.stdout}
    await expect(qm(command, {vmid: 100}, {...context, terminal})).rejects.toThrow('virtual machine 100 is not running')
  })

  it('reset presses the button', async () => {
    const context = await room()
    await running(context)
    const server = await monitorOf(context, {system_reset: {}})
    await qm('reset', {vmid: 100}, context)
    expect(server.received.at(-1)?.command).toBe('system_reset')
  })

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['kvm: 0\n', {}, /has no serial port that can be opened/],
    ['serial0: socket\n', {iface: 'serial1'}, /has no serial port serial1/],
    ['serial0: /dev/ttyS0\n', {iface: 'serial0'}, /serial0 of virtual machine 100 is \/dev\/ttyS0 of the host/],
    ['serial0: socket\n', {iface: 'serial9'}, /iface/],
    ['serial0: socket\n', {escape: 'xx'}, /escape/],
  ])('terminal wants a serial port: %j %j', async (lines, params, message) => {
    const context = await room(lines)
    await running(context)
    await expect(qm('terminal', {vmid: 100, ...params}, {...context, terminal: {input: process.stdin, output: process.stdout}})).rejects.toThrow(message)
  })

  it('terminal does not join another one', async () => {
    const context = await room()
    await running(context)
    await monitorOf(context, {'query-chardev': [{label: 'serial0', filename: 'unix:/x,server=on'}]})
    await expect(qm('terminal', {vmid: 100}, {...context, terminal: {input: process.stdin, output: process.stdout}})).rejects.toThrow(ConflictError)
  })
})

describe('qm wait', () => {
  it('returns at once for a machine that is off, and gives up in time for one that is not', async () => {
    const context = await room()
    await qm('wait', {vmid: 100}, context)
    const end = await running(context)
    await expect(qm('wait', {vmid: 100, timeout: 1}, context)).rejects.toThrow(UnavailableError)
    setTimeout(() => { void end() }, 100)
    await qm('wait', {vmid: 100}, context)
    await expect(qm('wait', {vmid: 100, timeout: 0}, context)).rejects.toThrow(InvalidInputError)
  })
})

describe('qm cleanup', () => {
  const params = {vmid: 100, 'clean-shutdown': '1', 'guest-requested': '1'}

  it('removes what was left and puts waiting changes into force', async () => {
    const context = await room('cores: 1\n\n[PENDING]\ncores: 2\n')
    const {dir, network} = guestPaths(context.places, 100)
    await mkdir(network, {recursive: true})
    for (const name of ['100.pid', '100.qmp', '100.json', '101.pid', 'network/tap100i0', 'network/tap1000i0']) await writeFile(`${dir}/${name}`, '1')
    await qm('cleanup', params, context)
    expect((await readdir(dir, {recursive: true})).sort()).toEqual(['101.pid', 'network', 'network/tap1000i0'])
    expect(await storedConfig(100, context)).toBe('cores: 2\n')
  })

  it('leaves a machine that runs alone, and the changes of one that is locked', async () => {
    const context = await room('cores: 1\nlock: backup\n\n[PENDING]\ncores: 2\n')
    await qm('cleanup', params, context)
    expect(await storedConfig(100, context)).toContain('[PENDING]')
    await running(context)
    await qm('cleanup', params, context)
    expect(await readdir(guestPaths(context.places, 100).dir)).toContain('100.pid')
  })

  it.each([
    ['0', '0', /ended without a word/], ['0', '1', /ended without a word/], ['1', '1', /has switched itself off/], ['1', '0', /was ended by somebody on the host/],
  ])('says how the machine ended (clean %s, by the guest %s)', async (clean, byGuest, words) => {
    const context = await room()
    const lines: string[] = []
    await qm('cleanup', {vmid: 100, 'clean-shutdown': clean, 'guest-requested': byGuest}, {...context, log: {...context.log, info: (line) => lines.push(line)}})
    expect(lines.join('\n')).toMatch(words)
  })

  it('clears up after a machine that was destroyed', async () => {
    const context = await room()
    const {dir} = guestPaths(context.places, 101)
    await mkdir(dir, {recursive: true})
    await writeFile(`${dir}/101.pid`, '999999')
    await qm('cleanup', {...params, vmid: 101}, context)
    expect(await readdir(dir)).toEqual([])
  })

  it('starts a machine again that was to reboot', async () => {
    const context = await room()
    const {dir, reboot} = guestPaths(context.places, 100)
    await mkdir(dir, {recursive: true})
    await writeFile(reboot, '')
    const started: unknown[] = []
    await qm('cleanup', params, {...context, startTask: async (id, given) => { started.push([id, given]); return 'UPID:x' }})
    expect(started).toEqual([['qm start', {vmid: 100}]])
    expect(await readdir(dir)).toEqual([])
  })

  it('wants to be told how it ended', async () => {
    await expect(qm('cleanup', {vmid: 100}, await room())).rejects.toThrow(InvalidInputError)
  })
})

describe('the guest agent', () => {
  it('is asked to shut down once it has shown that it is there', async () => {
    const context = await room()
    const {qga} = guestPaths(context.places, 100)
    const agent = await new FakeAgent().listen(qga)
    undo.push(() => agent.close())
    await askAgentToShutDown(qga, context)
    await expect.poll(() => agent.asked.map(({command}) => command)).toEqual(['guest-sync-delimited', 'guest-shutdown'])
  })

  it('that is not there is not waited for', async () => {
    const context = await room()
    await expect(askAgentToShutDown(guestPaths(context.places, 100).qga, context)).rejects.toThrow(UnavailableError)
  })
})

describe('corral doctor', () => {
  it('finds what guests that do not run left, and leaves those alone that somebody works on', async () => {
    const context = await room()
    const {dir, network} = guestPaths(context.places, 100)
    await mkdir(network, {recursive: true})
    for (const name of ['101.pid', '102.serial0', 'network/tap103i0', '104.pid', 'notes.txt']) await writeFile(`${dir}/${name}`, '999999')
    await running(context)
    const held = await context.store.lock('guest/104', {reason: 'a test', timeoutMs: 1_000})
    const found = await runFilesCheck.find(context)
    expect(found.map(({what}) => /\d+|qmeventd/.exec(what)?.[0])).toEqual(['101', '102', '103', 'qmeventd'])
    for (const {repair} of found.slice(0, 3)) for (const action of repair) await (await context.actionKind(action.kind)).run(action, context)
    await held.release()
    expect((await readdir(dir, {recursive: true})).sort()).toEqual(['100.pid', '104.pid', 'network', 'notes.txt'])
  })
})
