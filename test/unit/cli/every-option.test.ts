// Every option of every command of qm has a test that gives it: a line of a test that names the command and the option. Keys of qm.conf are tried by
// test/unit/guest/qemu/commands/every-key.test.ts.
import {readFileSync, readdirSync} from 'node:fs'
import {join, resolve} from 'node:path'
import {expect, it} from 'vitest'
import {catalog} from '../../../src/lib/catalog.ts'
import {qemuConfigParams} from '../../../src/lib/guest/qemu/config/index.ts'

const tests = resolve(import.meta.dirname, '../..')
const own = new Set(['every-option.test.ts', 'cron.test.ts'])

function testLines(): string[] {
  const files = readdirSync(tests, {recursive: true, withFileTypes: true}).filter((entry) => entry.isFile() && /\.(?:ts|txt|test)$/.test(entry.name) && !own.has(entry.name))
  return files.flatMap((entry) => {
    const lines = readFileSync(join(entry.parentPath, entry.name), 'utf8').split('\n')
    // A call may go on in the next lines.
    return lines.map((line, index) => [line, lines[index + 1] ?? '', lines[index + 2] ?? ''].join(' '))
  })
}

it('every option of a command of qm is given in a test', async () => {
  const lines = testLines()
  const untested: string[] = []
  let count = 0
  for (const [id, entry] of Object.entries(catalog.commands)) {
    if (!id.startsWith('qm ')) continue
    const {spec} = await entry.spec()
    const word = id.slice('qm '.length)
    const named = lines.filter((line) => line.includes(`'${word}'`) || line.includes(`${id} `) || word.split(' ').every((part) => line.includes(`'${part}'`)))
    const options = Object.keys(spec.params).filter((name) => !spec.args.includes(name) && !Object.hasOwn(qemuConfigParams, name))
    for (const option of options) {
      count++
      const pattern = new RegExp(`(?<![\\w-])(?:--)?${option.replace('[n]', '\\d+')}(?![\\w-])`)
      if (!named.some((line) => pattern.test(line))) untested.push(`${id} --${option}`)
    }
  }
  expect(untested, 'give them in a test').toEqual([])
  expect(count).toBeGreaterThan(70)
})
