// The completion scripts in the shells that they are for.
import {spawnSync} from 'node:child_process'
import path from 'node:path'
import {describe, expect, test} from 'vitest'

const folder = path.resolve(import.meta.dirname, '../../../completions')
interface Case { readonly words: readonly string[]; readonly some: readonly string[]; readonly none?: readonly string[] }

const cases: readonly Case[] = [
  {words: ['qm', 'sta'], some: ['start', 'status'], none: ['stop']},
  {words: ['corral', ''], some: ['qm', 'pvesm', 'task', 'doctor']},
  {words: ['corral', 'qm', 'stat'], some: ['status']},
  {words: ['corral', 'task', ''], some: ['wait', 'stop'], none: ['list']},
  {words: ['pvenode', 'task', ''], some: ['list', 'log', 'status'], none: ['wait']},
  {words: ['qm', 'start', '100', '--time'], some: ['--timeout']},
  {words: ['corral', 'qm', 'start', '100', '--time'], some: ['--timeout']},
]

function run(program: string, args: readonly string[]): {stdout: string; stderr: string} {
  const {stdout, stderr, error} = spawnSync(program, args, {encoding: 'utf8', env: {PATH: process.env['PATH'], HOME: '/nonexistent', LC_ALL: 'C.UTF-8'}})
  if (error) throw error
  return {stdout, stderr}
}

function isMissing(program: string): boolean {
  return spawnSync(program, ['--version']).error !== undefined
}

function expectWords(output: string, {words, some, none = []}: Case): void {
  const offered = output.split(/[\s:[=]+/)
  for (const word of some) expect(offered, words.join(' ')).toContain(word)
  for (const word of none) expect(offered, words.join(' ')).not.toContain(word)
}

describe('bash', () => {
  const complete = (words: readonly string[]) => run('bash', ['--norc', '-c', [
    `source ${path.join(folder, 'corral.bash')}`, 'COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 )); _corral; printf "%s\\n" "${COMPREPLY[@]}"',
  ].join('\n'), 'bash', ...words])

  test.each(cases)('$words', (one) => {
    const {stdout, stderr} = complete(one.words)
    expect(stderr).toBe('')
    expectWords(stdout, one)
  })

  test.each([
    [['qm', 'create', '100', '--bios', ''], 'ovmf\nseabios\n'], [['qm', 'create', '100', '-bios', 's'], 'seabios\n'], [['/usr/bin/qm', 'config', '100', '--output-format', 'y'], 'yaml\n'],
    [['pvesm', 'add', 'd'], 'dir\n'], [['qm', 'status', '100', '-verb'], '-verbose\n'], [['qm', 'create', '100', '--name', ''], '\n'], [['qm', 'nosuch', ''], '\n'],
  ])('%j is %j', (words, stdout) => expect(complete(words).stdout).toBe(stdout))
})

describe.skipIf(isMissing('fish'))('fish (skipped when it is not installed)', () => {
  test.each(cases)('$words', (one) => {
    const {stdout, stderr} = run('fish', ['--no-config', '-c', `source ${path.join(folder, 'corral.fish')}; complete -C '${one.words.join(' ')}'`])
    expect(stderr).toBe('')
    expectWords(stdout, one)
  })
})

describe.skipIf(isMissing('zsh'))('zsh (skipped when it is not installed)', () => {
  // The functions of zsh's completion system print what they are given.
  const script = [
    '_describe() { print -rl -- "${(@P)2}" }', '_arguments() { print -rl -- "$@" }', 'words=("$@")', 'CURRENT=$#words', `complete() { source ${path.join(folder, '_corral')} }`, 'complete',
  ].join('\n')

  test.each(cases)('$words', (one) => {
    const {stdout, stderr} = run('zsh', ['-f', '-c', script, 'zsh', ...one.words])
    expect(stderr).toBe('')
    // zsh itself drops what does not begin with the word.
    expectWords(stdout, {words: one.words, some: one.some})
  })
})
