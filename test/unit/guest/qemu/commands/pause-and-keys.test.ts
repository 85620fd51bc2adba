// suspend, resume, sendkey, vncproxy and corral spice: what they ask of QEMU, and what they refuse. Real QEMUs are in test/e2e.
import {mkdir} from 'node:fs/promises'
import {createServer} from 'node:net'
import {PassThrough} from 'node:stream'
import {afterEach, describe, expect, it} from 'vitest'
import {ConflictError, ForbiddenError, InvalidInputError, NotFoundError} from '../../../../../src/lib/base/index.ts'
import {guestPaths} from '../../../../../src/lib/guest/qemu/runtime/sockets.ts'
import {viewerFile} from '../../../../../src/lib/guest/qemu/runtime/spice-ticket.ts'
import {handler} from '../../../../../src/lib/guest/qemu/commands/spice.handler.ts'
import type {Context, Terminal} from '../../../../../src/lib/tasks/index.ts'
import {runHandler} from '../../../../../src/lib/tasks/run-command.ts'
import {FakeQmpServer} from '../../../../support/fake-qmp-server.ts'
import {pretendRunning} from '../support/pretend-running.ts'
import {machineRoom, outcomeOf, qm} from '../support/run-qm.ts'

const undo: (() => Promise<unknown>)[] = []
afterEach(async () => { for (const step of undo.splice(0).reverse()) await step() })

async function room(lines = 'kvm: 0\n'): Promise<Context> {
  const context = await (await machineRoom()).open()
  await context.store.commit({put: {'nodes/h1/qemu-server/100.conf': lines}})
  return context
}

/** Commands that answer with nothing. */
const accepted = Object.fromEntries(['stop', 'cont', 'system_wakeup', 'send-key', 'set_password', 'expire_password'].map((name) => [name, {}]))

async function runningRoom(answers: Record<string, unknown> = {}, lines?: string): Promise<{context: Context; commands: () => unknown[]}> {
  const context = await room(lines)
  undo.push(await pretendRunning(100, context))
  const server = new FakeQmpServer({answers: {...accepted, ...answers}})
  await mkdir(guestPaths(context.places, 100).dir, {recursive: true})
  await server.listen(guestPaths(context.places, 100).qmp)
  undo.push(() => server.close())
  return {context, commands: () => server.received.map(({command, args}) => (Object.keys(args).length === 0 ? command : [command, args])).filter((entry) => entry !== 'qmp_capabilities')}
}

const inputOf: Record<string, Record<string, unknown>> = {suspend: {}, resume: {}, sendkey: {key: 'a'}}

describe.each(['suspend', 'resume', 'sendkey'])('qm %s', (command) => {
  const input = {vmid: 100, ...inputOf[command]}

  it('wants a machine that exists, runs and is not locked, and root', async () => {
    const context = await room()
    await expect(qm(command, {...input, vmid: 101}, context)).rejects.toThrow(NotFoundError)
    await expect(qm(command, input, context)).rejects.toThrow('virtual machine 100 is not running')
    await expect(qm(command, input, {...context, caller: {user: 'ann@pam', isRoot: false}})).rejects.toThrow(ForbiddenError)
    await expect(qm(command, input, await room('lock: migrate\n'))).rejects.toThrow('virtual machine 100 is locked (migrate)')
  })

  it('changes nothing in a dry run', async () => {
    const {context, commands} = await runningRoom()
    const outcome = await outcomeOf(command, input, context, {dryRun: true})
    expect(outcome.outcome === 'planned' ? outcome.lines.map((line) => line.slice(0, 7)) : []).toContain('# QMP: ')
    expect(commands()).toEqual([])
  })
})

describe('qm suspend and resume', () => {
  it('work while a backup holds the configuration', async () => {
    const {context, commands} = await runningRoom({'query-status': {status: 'paused'}}, 'lock: backup\n')
    await qm('suspend', {vmid: 100}, context)
    await qm('resume', {vmid: 100}, context)
    expect(commands()).toEqual(['stop', 'query-status', 'cont'])
  })

  it('wake a guest that sleeps, and leave one that is off', async () => {
    const asleep = await runningRoom({'query-status': {status: 'suspended'}})
    await qm('resume', {vmid: 100}, asleep.context)
    expect(asleep.commands()).toEqual(['query-status', 'system_wakeup', 'cont'])
    const off = await runningRoom({'query-status': {status: 'shutdown'}})
    await expect(qm('resume', {vmid: 100}, off.context)).rejects.toThrow(ConflictError)
    expect(off.commands()).toEqual(['query-status'])
  })

  it('do without the configuration for root only', async () => {
    const {context, commands} = await runningRoom({'query-status': {status: 'paused'}}, 'lock: migrate\n')
    await qm('resume', {vmid: 100, nocheck: true}, context)
    expect(commands()).toEqual(['query-status', 'cont'])
  })
})

describe('qm sendkey', () => {
  it('presses the keys together', async () => {
    const {context, commands} = await runningRoom()
    await qm('sendkey', {vmid: 100, key: 'ctrl-alt-delete'}, context)
    expect(commands()).toEqual([['send-key', {keys: ['ctrl', 'alt', 'delete'].map((data) => ({type: 'qcode', data}))}]])
  })

  it('refuses what is no key before anybody is asked', async () => {
    const {context, commands} = await runningRoom()
    await expect(qm('sendkey', {vmid: 100, key: 'a\nquit'}, context)).rejects.toThrow(InvalidInputError)
    expect(commands()).toEqual([])
  })
})

describe('qm vncproxy', () => {
  const streams = () => ({input: new PassThrough(), output: new PassThrough()}) as unknown as Terminal & {input: PassThrough; output: PassThrough}

  it('lets nobody in without a password, and says what is missing else', async () => {
    const {context} = await runningRoom()
    await expect(qm('vncproxy', {vmid: 100}, {...context, terminal: streams()})).rejects.toThrow('LC_PVE_TICKET is not set')
    const given = {...context, environment: {LC_PVE_TICKET: 'secret12'}}
    await expect(qm('vncproxy', {vmid: 100}, {...given, terminal: streams()})).rejects.toThrow('virtual machine 100 has no screen')
    const terminal = {...streams(), input: Object.assign(new PassThrough(), {isTTY: true})} as unknown as Terminal
    await expect(qm('vncproxy', {vmid: 100}, {...given, terminal})).rejects.toThrow('which no terminal shows')
    await expect(qm('vncproxy', {vmid: 101}, {...given, terminal: streams()})).rejects.toThrow(NotFoundError)
  })

  it('sets the password for a moment and passes bytes both ways until the viewer is gone', async () => {
    const {context, commands} = await runningRoom()
    const screen = createServer((socket) => { socket.write('RFB 003.008\n'); socket.on('data', (chunk) => { socket.write(chunk) }) })
    await new Promise<void>((resolve) => { screen.listen(guestPaths(context.places, 100).vnc, resolve) })
    undo.push(() => new Promise((resolve) => { screen.close(resolve) }))
    const terminal = streams()
    let seen = Buffer.alloc(0)
    terminal.output.on('data', (chunk: Buffer) => { seen = Buffer.concat([seen, chunk]) })
    const bytes = Buffer.from(Array.from({length: 256}, (_, byte) => byte))
    const done = qm('vncproxy', {vmid: 100}, {...context, terminal, environment: {LC_PVE_TICKET: 'secret12'}})
    terminal.input.write(bytes)
    setTimeout(() => { terminal.input.end() }, 100)
    await done
    expect(seen).toEqual(Buffer.concat([Buffer.from('RFB 003.008\n'), bytes]))
    expect(commands()).toEqual([['set_password', {protocol: 'vnc', password: 'secret12'}], ['expire_password', {protocol: 'vnc', time: '+30'}]])
  })
})

describe('corral spice', () => {
  const spice = async (input: {vmid: number; port?: number}, context: Context) => {
    const outcome = await runHandler(handler, input, context)
    return outcome.outcome === 'done' ? outcome.result : undefined
  }

  it('wants a machine that exists, runs and has such a display', async () => {
    const {context, commands} = await runningRoom()
    await expect(spice({vmid: 101}, context)).rejects.toThrow(NotFoundError)
    await expect(spice({vmid: 100}, context)).rejects.toThrow('virtual machine 100 has no SPICE display')
    await expect(spice({vmid: 100}, await room())).rejects.toThrow('virtual machine 100 is not running')
    expect(commands()).toEqual([])
  })

  it('gives a new ticket for thirty seconds, and a file for a viewer', async () => {
    const {context, commands} = await runningRoom()
    const socket = guestPaths(context.places, 100).spice
    await context.host.files.write(socket, '')
    const first = await spice({vmid: 100}, context) as {password: string}
    const second = await spice({vmid: 100, port: 5930}, context) as {password: string}
    expect(first).toEqual({type: 'spice', socket, password: first.password, expires: 30, title: `VM 100 - VM 100 on ${context.node}`})
    expect(first.password).toMatch(/^[\w-]{24}$/)
    expect(second).toMatchObject({host: '127.0.0.1', port: 5930})
    expect(second.password).not.toBe(first.password)
    expect(commands()).toEqual([first, second].flatMap(({password}) => [['set_password', {protocol: 'spice', password}], ['expire_password', {protocol: 'spice', time: '+30'}]]))
    const lines = handler.text?.(second as never)
    expect(lines).toEqual(expect.arrayContaining(['[virt-viewer]', 'type=spice', 'host=127.0.0.1', 'port=5930', `password=${second.password}`, 'delete-this-file=1']))
    expect(handler.text?.(first as never)).toEqual([`spice+unix://${socket}`, first.password])
  })

  it('writes no line into the file that the name of a machine makes up', () => {
    expect(viewerFile({title: 'a\npassword=x\u2028é', host: '::1', port: 1, ticket: 't'}).match(/^password=.*$/gm)).toEqual(['password=t'])
  })
})
