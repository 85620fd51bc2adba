import {mkdtemp, readFile, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, describe, expect, it} from 'vitest'
import {systemClock} from '../../../src/lib/base/index.ts'
import {localHost} from '../../../src/lib/host/local/index.ts'
import {progressLine, progressOfLine, taskLog} from '../../../src/lib/tasks/task-log.ts'

const folders: string[] = []
afterEach(async () => { for (const folder of folders.splice(0)) await rm(folder, {recursive: true}) })

async function logged(write: (log: ReturnType<typeof taskLog>, elapse: (ms: number) => void) => void): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'corral-log-'))
  folders.push(folder)
  let nowMs = 0
  const log = taskLog(join(folder, 'log'), localHost('h1'), {...systemClock, monotonicMs: () => nowMs})
  write(log, (ms) => { nowMs += ms })
  await log.end('TASK OK')
  log.info('after the end')
  return (await readFile(join(folder, 'log'), 'utf8')).split('\n').slice(0, -1)
}

describe('the log of a task', () => {
  it('keeps the order of lines', async () => {
    const lines = await logged((log) => { for (let line = 0; line < 1000; line++) log.info(`line ${line}`) })
    expect(lines).toEqual([...Array.from({length: 1000}, (_, line) => `line ${line}`), 'TASK OK'])
  })

  it('shows progress once a second, the first and the last always', async () => {
    const lines = await logged((log, elapse) => {
      for (let done = 0; done <= 100; done++) { log.progress(done, 100, 'copied'); elapse(100) }
      log.progress(3, 2, 'moved')
      log.progress(1, 0, 'nothing')
    })
    expect(lines.map(progressOfLine).filter((progress) => progress !== undefined).map(({what, percent}) => `${what} ${percent}`)).toEqual([
      'copied 0', 'copied 10', 'copied 20', 'copied 30', 'copied 40', 'copied 50', 'copied 60', 'copied 70', 'copied 80', 'copied 90', 'copied 100',
      'moved 100', 'nothing 0',
    ])
  })

  it('is bounded', async () => {
    const lines = await logged((log) => { for (let line = 0; line < 5000; line++) log.info('x'.repeat(8000)) })
    expect(lines.length).toBeLessThan(2200)
    expect(lines.slice(-2)).toEqual(['The log is full; what comes until the end is left out.', 'TASK OK'])
  })

  it('does not let a full disk fail the work', async () => {
    const host = localHost('h1')
    const files = {...host.files, append: () => Promise.reject(new Error('no space left on device'))}
    const log = taskLog('/nonexistent/log', {...host, files}, systemClock)
    log.info('lost')
    await expect(log.end('TASK OK')).resolves.toBeUndefined()
  })
})

describe('a line of progress', () => {
  it('is told from other lines', () => {
    expect(progressOfLine(progressLine({what: 'disk: scsi0', percent: 42}))).toEqual({what: 'disk: scsi0', percent: 42})
    const bytes = {what: 'disk: scsi0', percent: 4, bytes: {done: 1.5 * 1024 ** 3, total: 32 * 1024 ** 3}}
    expect(progressLine(bytes)).toBe('disk: scsi0: 1.5 GiB of 32.0 GiB (4%)')
    expect(progressOfLine(progressLine(bytes))).toEqual(bytes)
    for (const line of ['', 'x: 1.5 GiB of 32.0 GiB (400%)', 'x: 1.5 XiB of 32.0 GiB (4%)', '42%', 'load: 420%', 'a: 4 %', 'a: -1%']) expect(progressOfLine(line)).toBeUndefined()
  })
})
