// Writers that are killed with SIGKILL at random times: whatever they reported as written must be there, and nothing by halves.
import {spawn} from 'node:child_process'
import type {ChildProcess} from 'node:child_process'
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {createInterface} from 'node:readline'
import sqlite3 from 'sqlite3'
import {expect, test} from 'vitest'
import {systemClock} from '../../../../src/lib/base/index.ts'
import {openSqliteStore} from '../../../../src/lib/store/sqlite/index.ts'
import {builtProgram} from '../../../support/built.ts'
import {randomSource, scaledCount} from '../../../support/rounds.ts'

const writersAtOnce = 3

interface Writer {
  readonly id: string
  readonly child: ChildProcess
  readonly ready: Promise<void>
  readonly ended: Promise<void>
  /** The highest round acknowledged, and how many increments. */
  pair: number
  counted: number
  violations: number
  stderr: string
}

function startWriter(program: string, path: string, id: string, firstRound: number): Writer {
  const child = spawn(process.execPath, [program, path, id, String(firstRound)], {stdio: ['ignore', 'pipe', 'pipe']})
  let setReady: () => void
  const ready = new Promise<void>((resolve) => { setReady = resolve })
  const lines = createInterface({input: child.stdout})
  const linesEnded = new Promise<void>((resolve) => { lines.once('close', resolve) })
  const exited = new Promise<void>((resolve) => { child.once('exit', () => { setReady(); resolve() }) })
  const writer: Writer = {id, child, ready, ended: Promise.all([linesEnded, exited]).then(() => undefined), pair: firstRound - 1, counted: 0, violations: 0, stderr: ''}
  lines.on('line', (line) => {
    const [kind, round] = line.split(' ')
    if (kind === 'ready') setReady()
    else if (kind === 'pair') writer.pair = Number(round)
    else if (kind === 'counted') writer.counted++
    else writer.violations++
  })
  child.stderr.on('data', (data: Buffer) => { writer.stderr += data.toString() })
  return writer
}

function integrity(path: string): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const database = new sqlite3.Database(path, sqlite3.OPEN_READONLY)
    database.all<{integrity_check: string}>('PRAGMA integrity_check', (error, rows) => {
      database.close(() => { if (error === null) resolve(rows.map((row) => row.integrity_check)); else reject(error) })
    })
  })
}

const kills = scaledCount(30)

test(`no acknowledged write is lost in ${kills} kills`, {timeout: 20_000 + kills * 2000}, async () => {
  const random = randomSource('kill loop of the store')
  const folder = mkdtempSync(join(tmpdir(), 'corral-kill-'))
  const path = join(folder, 'config.db')
  const program = await builtProgram('test/unit/store/sqlite/programs/writer.ts')
  const lastPairs = new Map<string, number>()
  let counted = 0
  let killed = 0
  const started: Writer[] = []
  try {
    while (killed < kills) {
      const writers = Array.from({length: writersAtOnce}, (_, index) => startWriter(program, path, `w${index}`, (lastPairs.get(`w${index}`) ?? -1) + 1))
      started.push(...writers)
      await Promise.all(writers.map((writer) => writer.ready))
      for (const writer of writers) {
        await systemClock.sleep(random.between(0, 40))
        expect(writer.stderr).toBe('')
        writer.child.kill('SIGKILL')
        await writer.ended
        killed++
      }
      const store = await openSqliteStore({path, node: 'checker', clock: systemClock})
      for (const {id, pair, violations} of writers) {
        expect(violations).toBe(0)
        const files: Record<string, string | undefined> = Object.fromEntries((await store.list(`w/${id}`)).map((file) => [file.path.slice(`w/${id}/`.length), file.data]))
        const round = Number(files['one'] ?? -1)
        expect(round, `last acknowledged round of ${id} is ${pair}`).toBeGreaterThanOrEqual(pair)
        // What was in flight may have been written; nothing beyond it.
        expect(round).toBeLessThanOrEqual(pair + 1)
        if (round >= 0) {
          expect(files['two']).toBe(String(round))
          expect(files['size']?.length).toBe((round * 7919) % 30_000)
          expect(files['even']).toBe(round % 2 === 0 ? String(round) : undefined)
        }
        lastPairs.set(id, round)
      }
      counted += writers.reduce((sum, writer) => sum + writer.counted, 0)
      const counter = Number((await store.read('counter'))?.data ?? '0')
      expect(counter).toBeGreaterThanOrEqual(counted)
      expect(counter).toBeLessThanOrEqual(counted + killed)
      // A dead holder, or a dead waiter before us, does not keep the lock.
      const startMs = performance.now()
      await (await store.lock('counter', {reason: 'check', timeoutMs: 20_000})).release()
      expect(performance.now() - startMs).toBeLessThan(5000)
      await store.close()
      expect(await integrity(path)).toEqual(['ok'])
    }
    expect(counted).toBeGreaterThan(0)
  } finally {
    for (const {child} of started) child.kill('SIGKILL')
    rmSync(folder, {recursive: true})
  }
})
