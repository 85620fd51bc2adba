// Asks a host for everything that is known of its block devices: each tool once for all disks, smartctl once for each, as it takes one only.
// A tool that is not there says nothing; one that fails is a problem, which a listing tells and which keeps disks from being changed.
import {AppError, NotFoundError, ToolError, UnsupportedError, errorChain} from '../../../base/index.ts'
import type {Host} from '../../../host/index.ts'
import {isDisk, isSolidState, diskOf} from '../inventory.ts'
import type {SmartData} from '../smart.ts'
import {parseSmart} from '../smart.ts'
import type {LsblkDevice, MachineFacts} from './machine.ts'
import {devicePath} from './machine.ts'
import {blockDevices} from './sysfs.ts'
import {parseCephVolumes, parseLsblk, parseMounts, parsePhysicalVolumes, parsePoolDevices, parseSwaps, parseUdevDatabase} from './tool-answers.ts'

/** A tool that takes longer waits for a disk that does not answer. */
const timeoutMs = 30_000
/** Records of udev, and lines of lvs, of some ten thousand devices. */
const maxAnswerBytes = 64 * 1024 * 1024
/** Disks whose SMART data is asked for at one time. */
const smartAtOnce = 8

const udevArgv = ['udevadm', 'info', '--export-db'] as const
const lsblkArgv = ['lsblk', '--json', '--list', '--output', 'PATH,FSTYPE,LABEL,PTTYPE,PARTTYPE,MOUNTPOINTS'] as const
// --readonly: takes no locks and asks no daemon, so that another command of lvm2 is not waited for.
const report = ['--noheadings', '--readonly', '--separator', ';', '--options'] as const
const pvsArgv = ['pvs', ...report, 'pv_name,vg_name'] as const
const lvsArgv = ['lvs', ...report, 'devices,lv_name,lv_tags'] as const
const zpoolArgv = ['zpool', 'list', '-HPLv'] as const

export interface Asking {
  /** all: each disk that is listed; none: no disk is woken. */
  readonly smart: 'all' | 'none'
  readonly signal?: AbortSignal
}

/** @throws NotFoundError when util-linux is not there; errors of reading the kernel's files */
export async function readMachine(host: Host, {smart, signal}: Asking): Promise<MachineFacts> {
  const problems: string[] = []
  const ask = async (argv: readonly string[], okExitCodes: readonly number[] = [0]) => answerOf(host, argv, okExitCodes, problems, signal)
  const [devices, udevText, lsblkText, pvsText, lvsText, zpoolText, mounts, swaps] = await Promise.all([
    blockDevices(host), ask(udevArgv), ask(lsblkArgv), ask(pvsArgv), ask(lvsArgv), ask(zpoolArgv),
    host.files.readText('/proc/mounts', maxAnswerBytes), textOf(host, '/proc/swaps'),
  ])
  const lsblk = parseLsblk(lsblkText)
  if (lsblk === undefined) problems.push('lsblk answered with something that is no list of devices')
  const facts = {
    devices, udev: parseUdevDatabase(udevText), lsblk: lsblk ?? new Map<string, LsblkDevice>(), physicalVolumes: parsePhysicalVolumes(pvsText), cephVolumes: parseCephVolumes(lvsText),
    poolDevices: parsePoolDevices(zpoolText), mounts: parseMounts(mounts), swaps: parseSwaps(swaps), smart: new Map<string, SmartData>(), problems,
  }
  return smart === 'none' ? facts : {...facts, smart: await smartOfAll(host, facts, signal)}
}

/** What the tool printed; nothing where it is not installed, or where the kernel has no part for it. */
async function answerOf(host: Host, argv: readonly string[], okExitCodes: readonly number[], problems: string[], signal: AbortSignal | undefined): Promise<string> {
  try {
    // lvm2 complains of descriptors that its caller left open.
    const {stdout} = await host.run(argv, {
      timeoutMs, maxOutputBytes: maxAnswerBytes, okExitCodes, env: {LVM_SUPPRESS_FD_WARNINGS: '1'}, ...(signal === undefined ? {} : {signal}),
    })
    return stdout
  } catch (error) {
    if (error instanceof NotFoundError && argv !== lsblkArgv) return ''
    if (error instanceof ToolError && argv === zpoolArgv && /modules cannot be auto-loaded|modules are not loaded/.test(error.failure.stderr)) return ''
    if (!(error instanceof AppError) || error.kind === 'cancelled') throw error
    problems.push(errorChain(error)[0] ?? '')
    return ''
  }
}

async function textOf(host: Host, path: string): Promise<string> {
  try {
    return await host.files.readText(path)
  } catch (error) {
    if (error instanceof NotFoundError) return ''
    throw error
  }
}

async function smartOfAll(host: Host, facts: MachineFacts, signal: AbortSignal | undefined): Promise<Map<string, SmartData>> {
  const found = new Map<string, SmartData>()
  const left = facts.devices.filter(isDisk)
  const next = async (): Promise<void> => {
    for (let device = left.pop(); device !== undefined; device = left.pop()) {
      const path = devicePath(device.name)
      // The attributes tell of wear, which only solid state has.
      const data = await askSmart(host, path, !isSolidState(diskOf(device, facts).type), signal)
      if (data === undefined) return
      found.set(path, data)
    }
  }
  await Promise.all(Array.from({length: smartAtOnce}, next))
  return found
}

/** undefined: smartmontools is not installed. A disk that does not answer is one of which nothing is known. */
async function askSmart(host: Host, path: string, healthOnly: boolean, signal: AbortSignal | undefined): Promise<SmartData | undefined> {
  try {
    return await readSmart(host, path, {healthOnly, ...(signal === undefined ? {} : {signal})})
  } catch (error) {
    if (error instanceof NotFoundError) return undefined
    if (error instanceof AppError && error.kind !== 'cancelled') return {health: 'UNKNOWN'}
    throw error
  }
}

const anyExitCode = Array.from({length: 256}, (_, code) => code)

/** @throws NotFoundError when smartmontools is not installed; UnsupportedError when the disk cannot be asked; UnavailableError when it does not answer */
export async function readSmart(host: Host, path: string, {healthOnly, signal}: {readonly healthOnly: boolean; readonly signal?: AbortSignal}): Promise<SmartData> {
  const argv = ['smartctl', '-H', ...healthOnly ? [] : ['-A', '-f', 'brief'], '--', path]
  const {stdout, exitCode} = await host.run(argv, {timeoutMs, okExitCodes: anyExitCode, ...(signal === undefined ? {} : {signal})})
  // smartctl(8): bits 0 and 1 say that the disk could not be asked; the others tell what it was asked for. What is wrong stands in stdout, at the end.
  if ((exitCode & 3) === 0) return parseSmart(stdout)
  const reason = stdout.split('\n').findLast((line) => /^(?:\S.{0,200}: |Smartctl open device)/.test(line))?.slice(0, 300)
  throw new UnsupportedError(`${path} does not tell its health${reason === undefined ? '' : `: ${reason}`}`, {data: {exitCode}})
}
