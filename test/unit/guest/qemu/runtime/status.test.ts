import {spawn} from 'node:child_process'
import type {ChildProcess} from 'node:child_process'
import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {systemClock} from '../../../../../src/lib/base/index.ts'
import type {Places} from '../../../../../src/lib/base/index.ts'
import {localHost} from '../../../../../src/lib/host/local/index.ts'
import {guestPaths, guestRunFiles} from '../../../../../src/lib/guest/qemu/runtime/sockets.ts'
import {
  findProcesses, guestsWithPidFile, hasPidFileArgument, parsePidFile, runningGuests, runtimeStatus, waitForEnd,
} from '../../../../../src/lib/guest/qemu/runtime/status.ts'
import {parseRunRecord, readRunRecord, writeRunRecord} from '../../../../../src/lib/guest/qemu/runtime/record.ts'

const host = localHost('h1')
let places: Places
const children: ChildProcess[] = []

beforeEach(() => {
  const root = mkdtempSync(join(tmpdir(), 'st-'))
  places = {stateDir: `${root}/lib`, runDir: `${root}/run`, logDir: `${root}/log`, root}
  mkdirSync(guestPaths(places, 100).dir, {recursive: true})
})
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  rmSync(places.root ?? '', {recursive: true, force: true})
})

/** A process whose command line is that of the guest's QEMU as far as we look at it. */
async function pretendedQemu(vmid: number): Promise<number> {
  const child = spawn('sh', ['-c', 'echo up; exec sleep 60 # "$@"', 'sh', '-pidfile', guestPaths(places, vmid).pid], {stdio: ['ignore', 'pipe', 'ignore']})
  children.push(child)
  await new Promise((resolve) => { child.stdout.once('data', resolve) })
  // It says that it is up before the other program has taken its place.
  await expect.poll(() => readFileSync(`/proc/${child.pid ?? 0}/cmdline`, 'utf8')).toMatch(/^sleep\0/)
  return child.pid ?? 0
}

/** `sh` that stays, because exec would replace the words that we look for. */
async function stayingQemu(vmid: number): Promise<number> {
  const child = spawn('sh', ['-c', 'echo up; read line', 'sh', '-pidfile', guestPaths(places, vmid).pid], {stdio: ['pipe', 'pipe', 'ignore']})
  children.push(child)
  await new Promise((resolve) => { child.stdout.once('data', resolve) })
  return child.pid ?? 0
}

describe('whether a guest runs', () => {
  it('is told by a process that was started as this guest', async () => {
    const pid = await stayingQemu(100)
    writeFileSync(guestPaths(places, 100).pid, `${pid}\n`)
    expect((await runtimeStatus(100, {host, places}))?.pid).toBe(pid)
    expect(await runningGuests({host, places})).toEqual([100])
  })

  it('is not told by a PID file alone', async () => {
    const context = {host, places}
    expect(await runtimeStatus(100, context)).toBeUndefined()
    for (const text of ['', 'x', '-1', '0', `${process.pid}`, '999999999', '1\n2']) {
      writeFileSync(guestPaths(places, 100).pid, text)
      expect(await runtimeStatus(100, context)).toBeUndefined()
    }
    // The QEMU of another guest got the number.
    writeFileSync(guestPaths(places, 100).pid, String(await stayingQemu(101)))
    expect(await runtimeStatus(100, context)).toBeUndefined()
    // And a program that took the place of one.
    writeFileSync(guestPaths(places, 100).pid, String(await pretendedQemu(100)))
    expect(await runtimeStatus(100, context)).toBeUndefined()
    expect(await guestsWithPidFile(context)).toEqual([100])
    expect(await runningGuests(context)).toEqual([])
  })

  it('finds a QEMU that has written no PID file yet', async () => {
    const pid = await stayingQemu(100)
    expect((await findProcesses(100, {host, places})).map((found) => found.pid)).toEqual([pid])
    expect(await findProcesses(101, {host, places})).toEqual([])
  })

  it('waits for the end of that very process, within limits', async () => {
    const pid = await stayingQemu(100)
    const process = await host.process(pid)
    if (process === undefined) throw new Error('it does not run')
    expect(await waitForEnd(process, 30, {host, clock: systemClock})).toBe(false)
    expect(await waitForEnd({...process, startTime: '1'}, 0, {host, clock: systemClock})).toBe(true)
    children[0]?.kill('SIGKILL')
    expect(await waitForEnd(process, 5_000, {host, clock: systemClock})).toBe(true)
  })
})

describe('PID files and command lines', () => {
  it.each([['4711\n', 4711], [' 12 ', 12], ['', undefined], ['12 34', undefined], ['0', undefined], ['-5', undefined], ['99999999999', undefined], ['0x10', undefined]])(
    'reads %j as %s', (text, pid) => { expect(parsePidFile(text)).toBe(pid) })

  it('wants the whole path as the word behind -pidfile', () => {
    expect(hasPidFileArgument('qemu\0-pidfile\0/run/100.pid\0', '/run/100.pid')).toBe(true)
    expect(hasPidFileArgument('qemu\0-pidfile\0/run/1000.pid\0', '/run/100.pid')).toBe(false)
    expect(hasPidFileArgument('qemu\0-name\0-pidfile /run/100.pid\0', '/run/100.pid')).toBe(false)
    expect(hasPidFileArgument('qemu\0-pidfile', '/run/100.pid')).toBe(false)
    expect(hasPidFileArgument(undefined, '/run/100.pid')).toBe(false)
  })

  it('keeps socket paths within what the kernel takes, for the longest root and VMID', () => {
    const root = `/${'r'.repeat(59)}`
    const long = {stateDir: `${root}/lib`, runDir: `${root}/run`, logDir: `${root}/log`, root}
    for (const path of guestRunFiles(long, 999_999_999)) expect(Buffer.byteLength(path)).toBeLessThanOrEqual(107)
  })
})

describe('the record of a run', () => {
  it('is written and read', async () => {
    const record = {process: {pid: 5, startTime: '77'}, machine: 'pc-i440fx-7.2', qemuVersion: '7.2.22', startedAtMs: 1000}
    expect(await readRunRecord(100, {host, places})).toBeUndefined()
    await writeRunRecord(100, record, {host, places})
    expect(await readRunRecord(100, {host, places})).toEqual(record)
  })

  it.each([['{'], ['[]'], ['null'], ['{"process":{"pid":"5","startTime":"7"},"machine":"x","qemuVersion":"y","startedAtMs":1}'], ['{"process":{"pid":5}}']])(
    'is passed over when damaged: %s', (text) => { expect(parseRunRecord(text)).toBeUndefined() })
})
