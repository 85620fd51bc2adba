// Entry 35: poor terminals and odd ones (TERM=dumb, 20 columns, no UTF-8, a size that nobody knows), names that are wide or read from right to
// left, and no terminal at all where one is asked for. Real pseudo-terminals, made by script(1). Cron is test/cli/cron.test.ts, `yes |` and closed
// streams are test/cli/exit-codes.test.ts.
import {spawnSync} from 'node:child_process'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {displayWidth} from '../../src/lib/cli/render/display-width.ts'
import {isTooTall, pagerArgv} from '../../src/lib/cli/pager.ts'
import {Installation} from '../e2e/support/installation.ts'
import {projectRoot} from './support/program.ts'

let place: Installation
beforeAll(async () => {
  place = new Installation()
  for (const [vmid, name] of [['100', 'a-rather-long-name-of-a-machine-that-does-not-fit'], ['101', 'web']] as const) await place.create(Number(vmid), {options: ['--name', name, '--description', '磁盘 שלום']})
}, 60_000)
afterAll(() => place.close())

/** What a command leaves on a terminal of that size; the environment is that one alone. */
function onTerminal(command: string, {size = 'cols 80 rows 24', env = {}, input = ''}: {size?: string; env?: Record<string, string>; input?: string} = {}): {text: string; code: number | null} {
  const {stdout, status, error} = spawnSync('script', ['-qec', `stty ${size}; ${command}`, '/dev/null'], {
    env: {PATH: `${join(projectRoot, 'bin')}:/usr/bin:/bin`, CORRAL_ROOT: place.root, SHELL: '/bin/sh', ...env}, encoding: 'utf8', timeout: 60_000, input,
  })
  if (error) throw error
  return {text: stdout.replaceAll('\r', ''), code: status}
}

const lines = (text: string) => text.replace(/\n$/, '').split('\n')

describe('a terminal', () => {
  it.each([['cols 20 rows 24'], ['cols 33 rows 24'], ['cols 60 rows 24']])('of %s has no line that is longer, where there is room for the numbers', (size) => {
    const columns = Number(/\d+/.exec(size)?.[0])
    const {text, code} = onTerminal('qm list', {size, env: {LC_ALL: 'C.UTF-8', TERM: 'xterm', NO_COLOR: '1'}})
    expect(code).toBe(0)
    expect(text).toContain('100')
    if (columns >= 60) for (const line of lines(text)) expect(displayWidth(line)).toBeLessThanOrEqual(columns)
  })

  it('without UTF-8 gets ASCII only from us', () => {
    for (const command of ['qm list', 'pvesm status', 'pvenode task list']) {
      const {text} = onTerminal(command, {size: 'cols 50 rows 0', env: {LANG: 'C', TERM: 'xterm', NO_COLOR: '1'}})
      expect(text, command).toMatch(/^[\n\x20-\x7e]+$/)
    }
    expect(onTerminal('qm list', {size: 'cols 50 rows 0', env: {LANG: 'C', TERM: 'dumb'}}).text).toContain('~')
  })

  it.each([['dumb'], ['']])('with TERM=%j gets no escape sequence and no pager', (name) => {
    for (const command of ['qm list', 'qm help set', 'qm status 999']) {
      expect(onTerminal(command, {size: 'cols 80 rows 5', env: {TERM: name, LC_ALL: 'C.UTF-8', PAGER: 'false'}}).text, command).not.toContain('\u001b')
    }
  })

  it('whose size nobody knows is taken for 80 columns', () => {
    const {text, code} = onTerminal('qm list', {size: 'cols 0 rows 0', env: {TERM: 'xterm', NO_COLOR: '1', LC_ALL: 'C.UTF-8'}})
    expect(code).toBe(0)
    for (const line of lines(text)) expect(displayWidth(line)).toBeLessThanOrEqual(80)
  })

  it('keeps columns under names that are wide or run from right to left', async () => {
    const {tableLines} = await import('../../src/lib/cli/render/table.ts')
    const style = {columns: 30, hasColour: false, hasUnicode: true}
    const names = ['磁盘磁盘磁盘磁盘磁盘磁盘', 'שלום עולם שלום עולם', 'e\u0301'.repeat(30), '👩‍💻'.repeat(12), 'web']
    const table = tableLines(names.map((name, index) => ({vmid: index, name, status: 'stopped'})), [{key: 'vmid', header: 'VMID', align: 'right'}, {key: 'name', header: 'NAME'}, {key: 'status', header: 'STATUS'}], {
      hasHeader: true, hasBorder: false, isHumanReadable: true, style,
    })
    expect(new Set(table.map((line) => displayWidth(line)))).toEqual(new Set([30]))
    for (const line of table.slice(1)) expect(line).toMatch(/stopped$/)
  })
})

describe('a pager', () => {
  const size = 'cols 80 rows 8'
  const env = {TERM: 'xterm', NO_COLOR: '1', LC_ALL: 'C.UTF-8'}
  it('that leaves early, fails or is missing is no error', () => {
    expect(onTerminal('qm help set', {size, env: {...env, PAGER: 'head -n 1'}})).toEqual({code: 0, text: expect.stringMatching(/^Change the configuration .*\n$/) as string})
    expect(onTerminal('qm help set', {size, env: {...env, PAGER: 'false'}}).code).toBe(0)
    const unpaged = onTerminal('qm help set', {size, env: {...env, PAGER: 'no-such-pager-anywhere'}})
    expect(unpaged.code).toBe(0)
    expect(lines(unpaged.text).length).toBeGreaterThan(8)
  })

  it('is for what is too tall only, and for terminals only', () => {
    expect(onTerminal('qm status 101', {size, env: {...env, PAGER: 'false'}}).text).toBe('status: stopped\n')
    expect(onTerminal('qm help set | tail -n 1', {size, env: {...env, PAGER: 'false'}}).text).not.toBe('')
    expect(onTerminal('qm help set', {size, env: {...env, PAGER: 'false', CORRAL_PAGER: ''}}).text).not.toBe('')
  })

  it('is found from the environment, and given no shell', () => {
    expect(pagerArgv({TERM: 'xterm'})).toEqual(['less'])
    expect(pagerArgv({TERM: 'xterm', PAGER: 'more -d $(touch x)'})).toEqual(['more', '-d', '$(touch', 'x)'])
    expect(pagerArgv({TERM: 'xterm', PAGER: 'more', CORRAL_PAGER: 'less -S'})).toEqual(['less', '-S'])
    for (const off of [{TERM: 'xterm', PAGER: 'cat'}, {TERM: 'xterm', PAGER: '/bin/cat -'}, {TERM: 'xterm', PAGER: ' '}, {TERM: 'dumb'}, {}]) expect(pagerArgv(off)).toBeUndefined()
  })

  it('counts lines that wrap', () => {
    expect(isTooTall('x'.repeat(801), {columns: 80, rows: 10})).toBe(true)
    expect(isTooTall('x\n'.repeat(9), {columns: 80, rows: 10})).toBe(false)
    expect(isTooTall('x\n'.repeat(1e6), {columns: 0, rows: 0})).toBe(false)
  })
})

describe('no terminal', () => {
  it.each([['qm', 'terminal', '101'], ['qm', 'monitor', '101']])('%s %s says what is wrong and does not hang', async (...words) => {
    const [tool = '', ...rest] = words
    const answer = await place.call(tool, rest, {timeoutMs: 20_000})
    expect(answer.code).toBeGreaterThan(0)
    expect(answer.stderr).toMatch(/^Error: /)
  })
})
