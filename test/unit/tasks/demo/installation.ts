// A private installation in a temporary folder, and contexts in it as the command line makes them.
import {mkdir, mkdtemp, readFile, readdir, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach} from 'vitest'
import {endProcessesOf} from '../../../support/processes-of.ts'
import {localContext} from '../../../../src/lib/tasks/index.ts'
import type {Catalog, Context, Log} from '../../../../src/lib/tasks/index.ts'
import {demoCatalog} from './catalog.ts'

export interface Installation {
  readonly root: string
  /** Where the demonstration leaves its traces. */
  readonly folder: string
  /** What the log of contexts got. */
  readonly lines: string[]
  readonly open: (extra?: {readonly signal?: AbortSignal; readonly env?: Readonly<Record<string, string>>; readonly uid?: number}) => Promise<Context>
  readonly traces: () => Promise<string[]>
  readonly notes: () => Promise<string[]>
}

const closing: (() => Promise<void>)[] = []
afterEach(async () => { for (const close of closing.splice(0).reverse()) await close() })

export async function installation(options: {readonly catalog?: Catalog; readonly workerPath?: string} = {}): Promise<Installation> {
  const root = await mkdtemp(join(tmpdir(), 'corral-tasks-'))
  closing.push(async () => {
    await endProcessesOf(root)
    await rm(root, {recursive: true, force: true, maxRetries: 5})
  })
  const folder = join(root, 'traces')
  await mkdir(folder)
  const lines: string[] = []
  const log: Log = {
    info: (line) => lines.push(line), warn: (line) => lines.push(`WARN: ${line}`), notice: (line) => lines.push(`NOTE: ${line}`),
    progress: () => undefined,
  }
  const open: Installation['open'] = async ({signal = new AbortController().signal, env = {}, uid = 0} = {}) => {
    const {context, close} = await localContext({
      env: {CORRAL_ROOT: root, CORRAL_NODE: 'h1', PATH: process.env['PATH'], ...env}, catalog: options.catalog ?? demoCatalog,
      workerArgv: [process.execPath, options.workerPath ?? '/nonexistent'], log, signal, uid,
    })
    closing.push(close)
    return context
  }
  return {
    root, folder, lines, open,
    traces: async () => (await readdir(folder)).sort(),
    notes: async () => (await readFile(join(folder, 'notes'), 'utf8').catch(() => '')).split('\n').filter((line) => line !== ''),
  }
}
