// What the parts of the storage contract share: the storage under test, anew for each test; the record of what was tried, from which the table in
// docs/storage.md is made; and bytes on disks, written and read by QEMU's own tools.
import {mkdirSync, writeFileSync} from 'node:fs'
import {join, resolve} from 'node:path'
import {afterAll, afterEach, beforeEach, expect, it} from 'vitest'
import {systemClock} from '../../../src/lib/base/index.ts'
import type {Host} from '../../../src/lib/host/index.ts'
import type {ImageName, Storage, StorageConfig, StoragePlugin, VolumeId} from '../../../src/lib/storage/index.ts'

export interface StorageUnderTest {
  readonly plugin: StoragePlugin
  readonly config: StorageConfig
  readonly host: Host
  readonly close: () => Promise<void>
  /** The volumes are entries in books only, and hold no bytes: a kernel without device mapper. */
  readonly hasNoDevices?: boolean
  /** Takes the backend away, as a power cut of its server or an unplugged disk does, and brings it back. Absent: not tried. */
  readonly outage?: {readonly begin: () => Promise<void>; readonly end: () => Promise<void>}
}

/** What is tried, in the order of the table. */
export const operations = [
  'activate', 'usage', 'allocate', 'size', 'list', 'path', 'resize', 'rename', 'delete', 'snapshot', 'rollback', 'template', 'linked clone', 'full clone',
  'export', 'import', 'concurrent', 'out of space', 'gone and back',
] as const
export type Operation = (typeof operations)[number]

/** `no`: the type has not got it, and says so. `untried`: it cannot be tried there. The one before counts more. */
export type Outcome = 'failed' | 'no' | 'untried' | 'ok'

export interface Contract {
  /** One test, and which operations it speaks for. */
  readonly check: (operations: readonly Operation[], title: string, test: () => Promise<void>, timeoutMs?: number) => void
  /** To be called within a test: this type does not have what was to be tried. */
  readonly lacks: (operation: Operation) => void
  /** To be called within a test: it cannot be tried where this runs. */
  readonly cannotTry: (operation: Operation) => void
  readonly storage: () => Storage
  readonly host: () => Host
  readonly made: () => StorageUnderTest
}

export const mebibyte = 1024 ** 2

/** In the lab everything takes ten times as long. */
const where = process.env['CORRAL_CONTRACT_WHERE'] ?? 'machine'

/**
 * Called within `describe`.
 * @param leftOut what is not tried there, because the same code was tried elsewhere: tests that are about nothing else do not run
 */
export function contractRun(type: string, make: () => Promise<StorageUnderTest>, leftOut: readonly Operation[] = []): Contract {
  let made: StorageUnderTest
  let storage: Storage
  const outcomes = new Map<Operation, Outcome>()
  const covered = new Map<string, readonly Operation[]>()
  const note = (operation: Operation, outcome: Outcome): void => {
    const weight: readonly Outcome[] = ['failed', 'no', 'untried', 'ok']
    outcomes.set(operation, weight.find((each) => each === outcome || each === outcomes.get(operation)) ?? outcome)
  }
  const exceptions = new Map<Operation, Outcome>()
  beforeEach(async () => {
    made = await make()
    storage = made.plugin.open(made.config, made.host, systemClock)
    await storage.activate()
    // A first one may start a server.
  }, 180_000)
  afterEach(async ({task}) => {
    for (const operation of (covered.get(task.name) ?? []).filter((each) => !leftOut.includes(each))) note(operation, task.result?.state === 'fail' ? 'failed' : exceptions.get(operation) ?? 'ok')
    exceptions.clear()
    await made.close()
  })
  afterAll(() => { writeOutcomes(type, outcomes) })
  return {
    check: (which, title, test, timeoutMs = 300_000) => {
      if (which.length > 0 && which.every((operation) => leftOut.includes(operation))) {
        for (const operation of which) note(operation, 'untried')
        return
      }
      covered.set(title, which)
      it(title, test, where === 'machine' ? timeoutMs : 10 * timeoutMs)
    },
    lacks: (operation) => { exceptions.set(operation, 'no') },
    cannotTry: (operation) => { exceptions.set(operation, 'untried') },
    storage: () => storage,
    host: () => made.host,
    made: () => made,
  }
}

/** One file for each type and place, for scripts/storage-table.mjs. A run of a part of the tests says nothing of the others, and writes nothing. */
function writeOutcomes(type: string, outcomes: ReadonlyMap<Operation, Outcome>): void {
  if (!operations.every((operation) => outcomes.has(operation))) return
  const folder = resolve(import.meta.dirname, '../../../dist/storage-contract')
  mkdirSync(folder, {recursive: true})
  const rows = Object.fromEntries(operations.map((operation) => [operation, outcomes.get(operation)]))
  writeFileSync(join(folder, `${type}.${where}.json`), `${JSON.stringify({type, where, operations: rows}, undefined, 2)}\n`)
}

/** A stretch of a disk: where it begins and how long it is, in MiB, and the byte that it is full of. */
export type Stretch = readonly [startMib: number, lengthMib: number, byte: string]

/** Writes to a disk through QEMU. */
export async function writeStretches(host: Host, storage: Storage, id: VolumeId, stretches: readonly Stretch[]): Promise<void> {
  await storage.attach(id)
  await host.run(qemuIo(storage.imageName(id), stretches.map(([start, length, byte]) => `write -P ${byte} ${start}M ${length}M`), []))
  await storage.detach(id)
}

export async function expectStretches(host: Host, storage: Storage, id: VolumeId, stretches: readonly Stretch[]): Promise<void> {
  await storage.attach(id)
  const {stdout} = await host.run(qemuIo(storage.imageName(id), stretches.map(([start, length, byte]) => `read -P ${byte} ${start}M ${length}M`), ['-r']))
  await storage.detach(id)
  expect(stdout).not.toContain('Pattern verification failed')
  expect(stdout.match(/^read \d+\/\d+ bytes/gm)).toHaveLength(stretches.length)
}

function qemuIo(image: ImageName, commands: readonly string[], options: readonly string[]): string[] {
  const name = image.options === undefined ? ['-f', image.format, '--', image.path]
    : ['--image-opts', '--', Object.entries(image.options).map(([key, value]) => `${key}=${value.replaceAll(',', ',,')}`).join(',')]
  return ['qemu-io', ...options, ...commands.flatMap((command) => ['-c', command]), ...name]
}
