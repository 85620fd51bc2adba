// Help pages of all commands: they fit, examples come first and can be copied, and what is short says where more is.
import {spawnSync} from 'node:child_process'
import {describe, expect, test} from 'vitest'
import {runHelp} from '../../../src/lib/cli/run-help.ts'
import {catalog} from '../../../src/lib/catalog.ts'
import {aliases} from '../../../src/lib/cli/aliases.ts'
import {catalogSpecs} from '../../../src/lib/cli/generated-files.ts'
import {commandHelp, plainHelp, wrapCommand} from '../../../src/lib/cli/help.ts'
import {displayWidth} from '../../../src/lib/cli/render/display-width.ts'
import type {Surroundings} from '../../../src/lib/cli/surroundings.ts'

const specs = await catalogSpecs()

async function help(words: string, columns?: number): Promise<string> {
  let text = ''
  const stdout = {...(columns === undefined ? {} : {isTTY: true, columns}), write: (part: string) => { text += part }}
  const surroundings = {catalog, aliases, env: {TERM: 'dumb', LANG: 'C.UTF-8'}, streams: {stdout, stderr: stdout}} as unknown as Surroundings
  await runHelp(words.split(' ').filter((word) => word !== ''), surroundings)
  return text
}

describe.each(specs.map((spec) => [spec.id, spec] as const))('%s', (_, spec) => {
  test.each([[80, false], [80, true], [40, false]] as const)('fits into %i columns (all settings: %s)', (width, isWhole) => {
    const wide = commandHelp(spec, {...plainHelp, width}, isWhole).filter((line) => displayWidth(line) > width)
    // A word that is longer than the line stands alone; nothing else may be wider.
    expect(wide.filter((line) => line.trim().replace(/ \\$/, '').split(/ (?!\\$)/).length > 2)).toEqual([])
  })

  test('examples come first', () => {
    const headings = commandHelp(spec, plainHelp).filter((line) => /^[A-Z][A-Z ]+$/.test(line))
    expect(headings.slice(0, 2)).toEqual(['USAGE', 'EXAMPLES'])
  })
})

test('a long example can be copied from the page', () => {
  const line = "qm create 100 --name web --description 'a b  c' --scsi0 local:32,cache=none --net0 virtio,bridge=vmbr0"
  for (const width of [30, 50, 80, 200]) {
    const lines = wrapCommand(line, width, '    $ ', '        ')
    const typed = lines.join('\n').replace(/^ *\$ /, '')
    const words = (text: string) => spawnSync('bash', ['--norc', '-c', `printf '%s\\n' ${text}`], {encoding: 'utf8'}).stdout
    expect(words(typed)).toBe(words(line))
    expect(lines.slice(0, -1).every((part) => part.endsWith(' \\'))).toBe(true)
  }
  expect(wrapCommand('qm x --a b --c d', 16, '', '')).toEqual(['qm x --a b \\', '--c d'])
})

describe('short and whole', () => {
  test('a short page names the settings of no option, the whole page all', async () => {
    const short = await help('qm create')
    expect(short).toMatch(/^ {2}--net\[n\] <model>\[,\.\.\.\] +A network card/m)
    expect(short).not.toContain('link_down')
    expect(short).toContain("'qm help create --verbose'")
    const whole = await help('qm help create --verbose')
    expect(whole).toContain('link_down=<1|0>: Whether the cable is unplugged.')
    expect(whole.split('\n').length).toBeGreaterThan(2 * short.split('\n').length)
  })

  test('one option alone, under any of its names', async () => {
    const net = await help('qm help set net0')
    expect(net).toMatch(/^ {2}--net0 \[model=\]<word> \[,bridge=<bridge>\]/)
    expect(net).toContain('bridge=<bridge>: The bridge of the host')
    expect(await help('help qm set --net3')).toBe(net.replace('net0', 'net3'))
    expect(await help('qm help set output-format')).toContain('--output-format <text|json|json-pretty|yaml>')
    expect(await help('qm help set vmid')).toContain('<vmid>')
    await expect(help('qm help set net99')).rejects.toThrow("'qm set' has no option 'net99'")
  })
})

describe('topics', () => {
  test('behind corral, behind any tool, and in several words', async () => {
    const page = await help('help exit-codes')
    expect(page).toMatch(/^How commands end, and what their errors say\.\n\nDESCRIPTION\n/)
    for (const words of ['qm help exit-codes', 'exit codes help', 'corral help Exit-Codes', 'help corral-exit-codes']) expect(await help(words)).toBe(page)
  })

  test('a command wins over a topic, and what is neither is refused', async () => {
    expect(await help('help task')).toMatch(/^The commands of corral task\./)
    await expect(help('help tsaks')).rejects.toThrow("no help for 'tsaks', because there is no such command or topic; did you mean 'tasks'?")
  })

  test('behind a tool that is itself a command, where its options win', async () => {
    expect(await help('vzdump help tasks')).toBe(await help('help tasks'))
    expect(await help('vzdump help storage')).toMatch(/^ {2}--storage/)
    expect(await help('qmrestore help output-format')).toContain('--output-format')
    await expect(help('vzdump help nonsense')).rejects.toThrow("'vzdump' has no option 'nonsense'")
  })

  test('corral help names all of them, in lines that fit', async () => {
    const list = await help('help', 60)
    expect(list).toMatch(/^ {2}dry-run +see what a command would do$/m)
    expect(list.split('\n').filter((line) => displayWidth(line) > 60)).toEqual([])
  })
})
