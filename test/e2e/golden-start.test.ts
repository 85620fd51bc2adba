// Starts each golden machine once, paused, on the QEMU that is installed: what stands in test/golden/qemu-arguments is taken by stock QEMU.
// Another QEMU that lies unpacked somewhere is tried with CORRAL_TEST_QEMU (the binary) and CORRAL_TEST_QEMU_DATA (its folder for -L).
// Processors are emulated, drives lie on small images, and cards that would be on a bridge are behind QEMU's own NAT.
import {execFileSync, spawn} from 'node:child_process'
import type {ChildProcess} from 'node:child_process'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import {fileURLToPath} from 'node:url'
import readline from 'node:readline'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import type {ConfigSection} from '../../src/lib/guest/guest-config.ts'
import {buildArguments} from '../../src/lib/guest/qemu/arguments/index.ts'
import type {ArgumentsInput, DriveBacking} from '../../src/lib/guest/qemu/arguments/index.ts'
import {guestPaths} from '../../src/lib/guest/qemu/runtime/sockets.ts'
import {goldenConfig, goldenDrives, goldenHost, goldenHostPci, goldenNames, goldenVmid} from '../support/golden-machines.ts'

const binary = process.env['CORRAL_TEST_QEMU'] ?? 'qemu-system-x86_64'
const dataFolder = process.env['CORRAL_TEST_QEMU_DATA']
const answerTimeoutMs = 30_000
const libexec = fileURLToPath(new URL('../../libexec', import.meta.url))

let root = ''
let version = ''
const running = new Set<ChildProcess>()

beforeAll(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'golden-'))
  version = /version (\d+\.\d+\.\d+)/.exec(execFileSync(binary, ['--version'], {encoding: 'utf8'}))?.[1] ?? ''
})

afterAll(() => {
  for (const child of running) child.kill('SIGKILL')
  fs.rmSync(root, {recursive: true, force: true})
  fs.rmSync('/dev/shm/pve-shm-golden', {force: true})
})

describe('golden machines on the installed QEMU', () => {
  it.each(goldenNames())('%s starts', {timeout: 90_000}, async name => {
    const input = await startableInput(name)
    const {argv, machine} = buildArguments(input)
    const {status, machines} = await startPaused(argv, input.paths.qmp)
    expect(status).toBe('prelaunch')
    expect(machines).toContain(machine)
  })
})

async function startableInput(name: string): Promise<ArgumentsInput> {
  const folder = fs.mkdtempSync(path.join(root, 'm-'))
  const config = emulated(goldenConfig(name))
  const host = goldenHost(version)
  const paths = guestPaths({stateDir: folder, runDir: folder, logDir: folder, root: undefined}, goldenVmid)
  fs.mkdirSync(path.join(paths.dir, 'efidisk'), {recursive: true})
  return {
    vmid: goldenVmid, config, paths, hostPci: goldenHostPci(config.values),
    drives: withImages(await goldenDrives(config.values), folder, config.values['efidisk0']?.includes('efitype=4m') === true),
    host: {...host, support: {...host.support, q35: `${libexec}/qemu/pve-q35-4.0.cfg`, q35Before4: `${libexec}/qemu/pve-q35.cfg`, usb: `${libexec}/qemu/pve-usb.cfg`}},
    eventSocket: `${folder}/qmeventd.sock`, spice: {kind: 'unix', path: `${paths.dir}/${goldenVmid}.spice`},
  }
}

/** What needs hardware that a machine of tests does not have, and huge pages that nobody has reserved. */
const needsHardware = /^(?:affinity|amd-sev|hostpci\d+|hugepages|parallel\d+)$/

function emulated(config: ConfigSection): ConfigSection {
  // Programs beside QEMU serve these; beside-qemu.test.ts starts both.
  const values = Object.entries(config.values).filter(([key]) => !/^(?:tpmstate|virtiofs)\d+$/.test(key) && !needsHardware.test(key)).map(([key, value]) =>
    [key, /^net\d+$/.test(key) ? value.split(',').filter(part => !/^(?:bridge|mtu|rate|queues)=/.test(part)).join(',') : value])
  return {...config, values: {...Object.fromEntries(values) as Record<string, string>, kvm: '0'}}
}

/** The same backings with images that exist; names keep their odd characters. */
function withImages(backings: Readonly<Record<string, DriveBacking>>, folder: string, hasLargeVariables: boolean): Record<string, DriveBacking> {
  const variables = `/usr/share/OVMF/${hasLargeVariables ? 'OVMF_VARS_4M.fd' : 'OVMF_VARS.fd'}`
  return Object.fromEntries(Object.entries(backings).map(([key, backing]) => {
    const {protocol, format} = backing.source
    const filename = path.join(folder, String(protocol['filename']))
    fs.mkdirSync(path.dirname(filename), {recursive: true})
    if (!fs.existsSync(filename)) {
      execFileSync('qemu-img', key === 'efidisk0' ? ['convert', '-f', 'raw', '-O', format, variables, filename] : ['create', '-q', '-f', format, filename, '4M'])
    }
    return [key, {...backing, source: {format, protocol: {...protocol, filename}}}]
  }))
}

/** Starts QEMU without letting the guest run, asks how it is, and ends it. */
async function startPaused(argv: readonly string[], qmpPath: string): Promise<{status: unknown; machines: unknown[]}> {
  const words = argv.slice(1).filter(word => word !== '-daemonize')
  const child = spawn(binary, [...(dataFolder === undefined ? [] : ['-L', dataFolder]), ...words, '-S'], {stdio: ['ignore', 'ignore', 'pipe']})
  running.add(child)
  let stderr = ''
  child.stderr.on('data', (data: Buffer) => { stderr = (stderr + data.toString()).slice(-4000) })
  const ended = new Promise<never>((_, reject) => { child.once('exit', code => { running.delete(child); reject(new Error(`QEMU ended with ${code}: ${stderr}`)) }) })
  ended.catch(() => undefined)
  const answers = await Promise.race([ask(qmpPath, ['query-status', 'query-machines', 'quit']), ended])
  await new Promise(resolve => { if (child.exitCode === null) child.once('exit', resolve); else resolve(undefined) })
  const [status, machines] = answers as [{status: string}, {name: string; alias?: string}[]]
  return {status: status.status, machines: machines.flatMap(({name, alias}) => (alias === undefined ? [name] : [name, alias]))}
}

async function ask(qmpPath: string, commands: readonly string[]): Promise<unknown[]> {
  const socket = await connect(qmpPath)
  const answers: unknown[] = []
  const lines = readline.createInterface({input: socket})
  const timer = setTimeout(() => { socket.destroy(new Error(`QEMU did not answer within ${answerTimeoutMs} ms`)) }, answerTimeoutMs)
  try {
    for (const command of ['qmp_capabilities', ...commands]) socket.write(`${JSON.stringify({execute: command})}\n`)
    for await (const line of lines) {
      const message = JSON.parse(line) as {return?: unknown; error?: {desc: string}}
      if (message.error !== undefined) throw new Error(message.error.desc)
      if ('return' in message) answers.push(message.return)
      if (answers.length === commands.length + 1) break
    }
    return answers.slice(1)
  } finally {
    clearTimeout(timer)
    socket.destroy()
  }
}

async function connect(qmpPath: string): Promise<net.Socket> {
  const deadline = Date.now() + answerTimeoutMs
  for (;;) {
    const socket = net.connect(qmpPath)
    try {
      await new Promise<void>((resolve, reject) => { socket.once('connect', () => { resolve() }); socket.once('error', reject) })
      return socket
    } catch (error) {
      socket.destroy()
      if (Date.now() > deadline) throw error
      await new Promise(resolve => { setTimeout(resolve, 50) })
    }
  }
}
