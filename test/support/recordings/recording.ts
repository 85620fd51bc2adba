// What real tools answered, kept in files with their versions: a scene is played by the product on a real backend, and every program that it runs is written down with
// what it said. Tests play the scene again on a host that only answers, from the file; where the tools are, they are asked anew and have to answer in the same shape.
// `npm run record` writes the files anew, and the lab those of its tools.
import {existsSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect} from 'vitest'
import {AppError, ToolError} from '../../../src/lib/base/index.ts'
import {fakeHost} from '../../../src/lib/host/fake/index.ts'
import type {Host} from '../../../src/lib/host/index.ts'

export interface RecordedCall {
  readonly argv: readonly string[]
  readonly stdout: string
  readonly stderr: string
  readonly exitCode: number
}

export interface Recording {
  /** By program, what it says of its version. */
  readonly versions: Readonly<Record<string, string>>
  readonly calls: readonly RecordedCall[]
  /** What the product made of the answers. */
  readonly result: unknown
}

/** What differs from run to run, such as the name of a volume group. */
export type Names = Readonly<Record<string, string>>

/** What stands in the files in the place of these. */
const standIns = {
  group: 'group', pool: 'pool', namespace: 'space', portal: '192.0.2.1:3260', monitors: '192.0.2.1:6789', target: 'iqn.2003-01.org.example:target', folder: '/srv/folder', keyring: '/srv/ceph/pool.keyring',
  device: '/dev/sdx', name: 'sdx',
} as const satisfies Names

/** What the product does, and what it makes of the answers: plain data without times. */
export type Scene = (host: Host, names: Names) => Promise<unknown>

export interface RealWorld {
  readonly host: Host
  readonly names: Partial<Readonly<Record<keyof typeof standIns, string>>>
  /** How each program tells its version. */
  readonly versions: readonly (readonly string[])[]
}

export function readRecording(name: string): Recording | undefined {
  const path = pathOf(name)
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) as Recording : undefined
}

/** Plays the scene on a host that only answers, as the real tools did. */
export async function replay(name: string, scene: Scene): Promise<void> {
  const recording = readRecording(name)
  if (recording === undefined) throw new Error(`there is no recording '${name}'`)
  const host = fakeHost({answers: recording.calls})
  expect(plain(await scene(host, standIns))).toEqual(recording.result)
  host.assertAllUsed()
}

/** Plays the scene on the real tools: they are called and answer as it is written down. With CORRAL_RECORD it is written down anew. */
export async function expectAsRecorded(name: string, scene: Scene, {host, names, versions}: RealWorld): Promise<void> {
  const calls: RecordedCall[] = []
  const result = await scene(listening(host, calls), names)
  const told: Record<string, string> = {}
  for (const argv of versions) told[argv[0] ?? ''] = await versionOf(argv, host)
  const made: Recording = unnamed({versions: told, calls, result}, names)
  if (process.env['CORRAL_RECORD'] !== undefined) {
    writeFileSync(pathOf(name), `${JSON.stringify(made, undefined, 1)}\n`)
    return
  }
  const recording = readRecording(name)
  expect(made.result).toEqual(recording?.result)
  const isSameVersion = JSON.stringify(made.versions) === JSON.stringify(recording?.versions)
  expect(essenceOf(made.calls, isSameVersion)).toEqual(essenceOf(recording?.calls ?? [], isSameVersion))
}

/** Whether a test is to call expectAsRecorded: there is something to compare with, or to be written. */
export function isRecordable(name: string): boolean {
  return process.env['CORRAL_RECORD'] !== undefined || existsSync(pathOf(name))
}

/** Each call once, since some are repeated until a device is free; and how the answers look, but not of another version, which may say more. */
function essenceOf(calls: readonly RecordedCall[], withAnswers: boolean): unknown[] {
  return [...new Set(calls.map(({argv, exitCode, stdout}) => JSON.stringify([argv, exitCode, ...withAnswers ? [shapeOf(stdout)] : []])))].map((text) => JSON.parse(text) as unknown)
}

/** An error as data, for the result of a scene. */
export async function complaintOf(attempt: Promise<unknown>): Promise<unknown> {
  return attempt.then((value) => ({done: value ?? true}), (error: unknown) => {
    if (error instanceof AppError) return {kind: error.kind, message: error.message}
    throw error
  })
}

function pathOf(name: string): string {
  return join(import.meta.dirname, `${name}.json`)
}

function listening(host: Host, calls: RecordedCall[]): Host {
  return {...host, run: async (argv, options) => {
    try {
      const {stdout, stderr, exitCode} = await host.run(argv, options)
      calls.push({argv, stdout, stderr, exitCode})
      return {stdout, stderr, exitCode}
    } catch (error) {
      if (error instanceof ToolError) calls.push({argv, stdout: '', stderr: error.failure.stderr, exitCode: error.failure.exitCode ?? 1})
      throw error
    }
  }}
}

async function versionOf(argv: readonly string[], host: Host): Promise<string> {
  const {stdout, stderr} = await host.run(argv, {okExitCodes: [0, 1, 2, 255]})
  return (`${stdout}\n${stderr}`.split('\n').map((line) => line.trim()).find((line) => line !== '') ?? '').slice(0, 200)
}

/** Without what differs from run to run; the longest first, as one may be a part of another. */
function unnamed<T>(value: T, names: RealWorld['names']): T {
  let text = JSON.stringify(value)
  const all = Object.entries(names) as [keyof typeof standIns, string][]
  for (const [word, real] of all.toSorted(([, a], [, b]) => b.length - a.length)) text = text.replaceAll(JSON.stringify(real).slice(1, -1), standIns[word])
  return JSON.parse(text) as T
}

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown
}

/** JSON by its keys and types, other texts without their numbers and identifiers. */
function shapeOf(stdout: string): unknown {
  try {
    return shapeOfValue(JSON.parse(stdout))
  } catch {
    return stdout.replace(/\b[0-9a-f]{8,}\b|\b[0-9A-Fa-f]{4,12}(?:-[0-9A-Fa-f]{4,12}){2,}\b/g, '#').replace(/[0-9]+/g, '0').replace(/[ \t]+/g, ' ')
  }
}

function shapeOfValue(value: unknown): unknown {
  // How many there are may depend on the moment: Ceph makes a pool of its own some time after its start.
  if (Array.isArray(value)) return [...new Set(value.map((each) => JSON.stringify(shapeOfValue(each))))].sort()
  if (typeof value !== 'object' || value === null) return typeof value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, shapeOfValue(each)]))
}
