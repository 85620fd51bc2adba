// The built program in an installation of its own, for tests that feed it what nobody should.
import {existsSync, lstatSync, readdirSync} from 'node:fs'
import {join, resolve} from 'node:path'
import {expect, onTestFinished} from 'vitest'
import {Installation} from '../../e2e/support/installation.ts'
import type {Answer} from '../../e2e/support/installation.ts'

export const projectRoot = resolve(import.meta.dirname, '../../..')

/** An installation that goes with the test, and every process of it. Its folder's name begins with the prefix. */
export function installation(namePrefix?: string): Installation {
  if (!existsSync(join(projectRoot, 'dist/lib/cli/main.js'))) throw new Error('dist is missing: run npm run build')
  const made = new Installation([], namePrefix)
  onTestFinished(() => made.close())
  return made
}

/** A fault of ours looks like this: an exception that nobody meant to throw. */
export function expectNoFault({code, stderr}: Pick<Answer, 'code' | 'stderr'>, what: string): void {
  expect(code, `${what}: ${stderr}`).not.toBe(1)
  expect(code, `${what}: ended by a signal`).not.toBeNull()
  expect(stderr, what).not.toMatch(/This is a fault in Corral|\n\s+at .*\.[jt]s:\d+/)
}

/** Refused with exit code 2 (wrong) or 3 (not there), in words, and without a control character for the terminal. */
export function expectRefusal(answer: Answer, what: string): void {
  expectNoFault(answer, what)
  expect([2, 3], `${what} ended with ${answer.code}: ${answer.stdout}${answer.stderr}`).toContain(answer.code)
  expect(answer.stderr, what).toMatch(/Error: .+/)
  expect(answer.stderr, what).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u)
}

/** Names and kinds of everything below a folder. The lists for completion are left out: they follow a commit after a moment, whoever waits for it. */
export function treeOf(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, {recursive: true}).filter((name) => !String(name).startsWith('lib/completion')).map((name) => {
    const path = join(folder, String(name))
    const stat = lstatSync(path)
    return `${String(name)} ${stat.isDirectory() ? 'folder' : stat.isFile() ? 'file' : 'other'}`
  }).sort()
}
