// Plain scripts of commands and what they print, run against the built program in an installation of their own. A script holds blocks:
//   $ qm list            a line for a shell, in which the tools of bin/ are found
//   text                 a line that it must print on stdout
//   ! text               a line that it must print on stderr
//   ~ pattern            a line on stdout that must match the whole regular expression; `!~` on stderr
//   ? 2                  its exit code, when that is not 0
//   .                    an empty line on stdout (an empty line parts blocks)
//   # text               says why
// CORRAL_UPDATE_GOLDEN=1 writes what was printed into the script instead of comparing; look at the difference afterwards.
import {spawnSync} from 'node:child_process'
import {existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {expect, onTestFinished} from 'vitest'

const projectRoot = path.resolve(import.meta.dirname, '../..')
const commandTimeoutMs = 60_000

interface Block {
  readonly comments: readonly string[]
  readonly command: string
  readonly expected: readonly string[]
}

/** Runs a script; a difference fails the test and shows the script as it would have to be. */
export function runScript(file: string): void {
  if (!existsSync(path.join(projectRoot, 'dist/run/main.cjs'))) throw new Error('dist is missing: run npm run build')
  const root = mkdtempSync(path.join(tmpdir(), 'corral-cli-'))
  const env = {
    PATH: `${path.join(projectRoot, 'bin')}:${process.env['PATH'] ?? ''}`, CORRAL_ROOT: root, CORRAL_NODE: 'h1', TZ: 'UTC', LC_ALL: 'C.UTF-8', TERM: 'dumb', ROOT: root, CORRAL_TEST_CHECK_RESULTS: '1',
  }
  onTestFinished(() => rmSync(root, {recursive: true, force: true}))
  const blocks = readBlocks(readFileSync(file, 'utf8'))
  const printed = blocks.map((block) => [...block.comments, `$ ${block.command}`, ...reconcile(block.expected, outputOf(block.command, env, root))].join('\n'))
  const actual = `${printed.join('\n').trim()}\n`
  if (process.env['CORRAL_UPDATE_GOLDEN'] === '1') writeFileSync(file, actual)
  else expect(actual).toBe(`${readFileSync(file, 'utf8').trim()}\n`)
}

function readBlocks(text: string): Block[] {
  const blocks: {comments: string[]; command: string; expected: string[]}[] = []
  let comments: string[] = []
  for (const line of text.trim().split('\n')) {
    if (line.startsWith('$ ')) {
      blocks.push({comments, command: line.slice(2), expected: []})
      comments = []
    } else if (line.startsWith('#') || line === '') {
      comments.push(line)
    } else {
      blocks.at(-1)?.expected.push(line)
    }
  }
  return blocks
}

function outputOf(command: string, env: Record<string, string>, cwd: string): string[] {
  const result = spawnSync('bash', ['--norc', '-c', command], {env, cwd, encoding: 'utf8', timeout: commandTimeoutMs, input: ''})
  if (result.error) throw result.error
  const lines = (text: string, mark: string) => (text === '' ? [] : text.replace(/\n$/, '').split('\n').map((line) => mark + shown(line)))
  return [...lines(result.stdout, ''), ...lines(result.stderr, '! '), ...(result.status === 0 ? [] : [`? ${result.status ?? 'signal'}`])]
}

/** A line of output that the script's own syntax would take for something else. */
function shown(line: string): string {
  return line === '' ? '.' : line
}

/** What was printed, with each line that matches the script's pattern at its place written as the pattern. */
function reconcile(expected: readonly string[], actual: readonly string[]): string[] {
  return actual.map((line, index) => {
    const want = expected[index] ?? ''
    const pattern = /^(!?)~ (.*)$/.exec(want)
    if (pattern === null) return line
    const text = pattern[1] === '!' ? (line.startsWith('! ') ? line.slice(2) : undefined) : line
    return text !== undefined && new RegExp(`^(?:${pattern[2] ?? ''})$`).test(text) ? want : line
  })
}
