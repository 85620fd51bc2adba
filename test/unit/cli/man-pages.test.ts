// The generated man pages as man(1) and mandoc(1) read them, and what every page must have.
import {spawnSync} from 'node:child_process'
import {readFileSync, readdirSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, test} from 'vitest'
import {catalogSpecs} from '../../../src/lib/cli/generated-files.ts'
import {configFiles} from '../../../src/lib/cli/config-files.ts'
import {programPages} from '../../../src/lib/cli/program-pages.ts'
import {describeTools} from '../../../src/lib/cli/tools.ts'
import {qemuConfigParams} from '../../../src/lib/guest/qemu/config/index.ts'

const folder = path.resolve(import.meta.dirname, '../../../man')
const pages = readdirSync(folder).sort()
const files = pages.map((name) => path.join(folder, name))

function run(program: string, args: readonly string[]) {
  const result = spawnSync(program, args, {encoding: 'utf8', env: {...process.env, LC_ALL: 'C.UTF-8', MANWIDTH: '80'}, maxBuffer: 64 * 1024 * 1024})
  if (result.error) throw result.error
  return result
}

describe('all pages', () => {
  test('there is one for every command, tool and configuration file', async () => {
    const tools = describeTools(await catalogSpecs())
    const wanted = tools.flatMap(({name, section = 1, commands}) => [`${name}.${section}`, ...commands.map(({id}) => `${id.replaceAll(' ', '-')}.${section}`)])
    wanted.push(...(await configFiles()).map(({name}) => `${name}.5`))
    wanted.push(...programPages().map(({file}) => file))
    expect(pages).toEqual([...new Set(wanted)].sort())
  })

  test('man finds nothing to warn about', () => {
    expect(run('man', ['--warnings', '-l', ...files]).stderr).toBe('')
  }, 120_000)

  test('mandoc finds nothing wrong', () => {
    expect(run('mandoc', ['-Tlint', '-W', 'style', ...files]).stdout).toBe('')
  }, 60_000)

  test('say nothing of the machine or the day they were made on', () => {
    for (const file of files) {
      const text = readFileSync(file, 'utf8')
      expect(text, file).not.toContain(path.resolve(folder, '..'))
      expect(text, file).toMatch(/^\.TH "[A-Z0-9\\.-]+" "[158]" "2026-11-01" "Corral [0-9.]+"/m)
    }
  })
})

test.each(pages.filter((name) => name.includes('-') && !name.endsWith('.5')))('%s has all its sections', (name) => {
  const headings = [...readFileSync(path.join(folder, name), 'utf8').matchAll(/^\.SH "?(.*?)"?$/gm)].map((match) => match[1])
  for (const heading of ['NAME', 'SYNOPSIS', 'DESCRIPTION', 'EXIT STATUS', 'ENVIRONMENT', 'EXAMPLES', 'SEE ALSO']) expect(headings, heading).toContain(heading)
  expect(headings.indexOf('SYNOPSIS')).toBeLessThan(headings.indexOf('EXAMPLES'))
})

test('qm.conf(5) has every key once', async () => {
  const keys = (await configFiles()).find(({name}) => name === 'qm.conf')?.groups.flatMap(({params}) => Object.keys(params)) ?? []
  expect(keys.toSorted()).toEqual(Object.keys(qemuConfigParams).toSorted())
})
