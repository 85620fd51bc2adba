import {execFileSync} from 'node:child_process'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, expect, test} from 'vitest'
import {builtProgram} from '../../support/built.ts'

const folder = mkdtempSync(join(tmpdir(), 'corral-built-test-'))
afterAll(() => { rmSync(folder, {recursive: true}) })

test('a TypeScript program with our modules, lazy modules and npm packages runs under plain node', async () => {
  writeFileSync(join(folder, 'lazy.ts'), 'export const word: string = "lazy"\n')
  writeFileSync(join(folder, 'program.ts'), `
    import {systemClock, type Clock} from '${join(import.meta.dirname, '../../../src/lib/base/index.ts')}'
    const clock: Clock = systemClock
    const {parse} = await import('yaml')
    const {word} = await import('./lazy.ts')
    console.log(JSON.stringify({word, yaml: parse('a: 1'), time: clock.now() > 0, args: process.argv.slice(2)}))
  `)
  const program = await builtProgram(join(folder, 'program.ts'))
  expect(await builtProgram(join(folder, 'program.ts'))).toBe(program)
  const answer = execFileSync(process.execPath, [program, '--x', 'y'], {encoding: 'utf8'})
  expect(JSON.parse(answer)).toEqual({word: 'lazy', yaml: {a: 1}, time: true, args: ['--x', 'y']})
})
