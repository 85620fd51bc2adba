// The pages about concepts: that they say what the program does, and how they look on a terminal.
import {spawnSync} from 'node:child_process'
import {describe, expect, test} from 'vitest'
import {conceptPage, conceptPages, conceptTopics} from '../../../src/lib/cli/concept-pages.ts'
import {conceptText} from '../../../src/lib/cli/concept-text.ts'
import {catalog} from '../../../src/lib/catalog.ts'
import {exitCodeMeanings} from '../../../src/lib/cli/exit-codes.ts'
import {findTypedCommand} from '../../../src/lib/cli/find-command.ts'
import {plainHelp} from '../../../src/lib/cli/help.ts'
import {readCommandLine} from '../../../src/lib/spec/command-line.ts'

const codeLines = (text: string) => [...text.matchAll(/^ {4}(.*)$/gm)].map((match) => match[1] ?? '')

test.each(conceptTopics())('%s fits into a terminal, and has the sections of a man page', (topic) => {
  const page = conceptPage(topic)
  expect(conceptText(page, plainHelp).filter((line) => line.length > plainHelp.width)).toEqual([])
  expect(conceptText(page, {...plainHelp, width: 40}).join('\n')).not.toMatch(/[*`\\]{2}|^: /m)
  expect(page.text).toMatch(/^## DESCRIPTION$/m)
  expect(page.text.trimEnd()).toMatch(/\n## SEE ALSO\n\n.*$/)
})

describe('commands in examples', () => {
  const lines = conceptPages().flatMap(({topic, text}) => codeLines(text.replace(/ \\\n +/g, ' ')).map((line) => [topic, line] as const))
    .flatMap(([topic, line]) => [...line.matchAll(/(?:^|[|;(] ?|do )((?:qm|pvesm|pvenode|corral) [^|;#)]*)/g)].map((match) => [topic, (match[1] ?? '').trim()] as const))

  test('there are many', () => expect(lines.length).toBeGreaterThan(30))

  test.each(lines)('%s: %s', async (_, line) => {
    const split = spawnSync('bash', ['--norc', '-c', `printf '%s\\0' ${line.replace(/ \|\|.*/, '')}`], {encoding: 'utf8', env: {HOME: '/root', guest: 'web', vmid: '100', upid: 'UPID:h1:00000456:0001A2B3:6900F00D:qmstart:100:root@pam:', digest: '0'.repeat(40)}})
    const found = findTypedCommand(split.stdout.split('\0').slice(0, -1), catalog.commands, {})
    const spec = (await catalog.commands[found?.id ?? '']?.spec())?.spec
    expect(spec, line).toBeDefined()
    if (spec !== undefined) expect(() => readCommandLine(spec, found?.rest ?? [])).not.toThrow()
  })
})

test('the exit codes are those of the program', () => {
  for (const {code, meaning} of exitCodeMeanings) expect(conceptPage('exit-codes').text).toContain(`**${code}**\n: ${meaning}\n`)
})
