// The generated man pages as man(1) and mandoc(1) read them, and what every page must have.
import {spawnSync} from 'node:child_process'
import {cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {describe, expect, onTestFinished, test} from 'vitest'
import {catalogSpecs} from '../../../src/lib/cli/generated-files.ts'
import {conceptPages} from '../../../src/lib/cli/concept-pages.ts'
import {configFiles} from '../../../src/lib/cli/config-files.ts'
import {programPages} from '../../../src/lib/cli/program-pages.ts'
import {describeTools} from '../../../src/lib/cli/tools.ts'
import {qemuConfigParams} from '../../../src/lib/guest/qemu/config/index.ts'

const folder = path.resolve(import.meta.dirname, '../../../man')
const pages = ['1', '5', '7', '8'].flatMap((section) => readdirSync(path.join(folder, `man${section}`))).sort()
const fileOf = (name: string) => path.join(folder, `man${name.at(-1) ?? ''}`, name)
const files = pages.map(fileOf)

function run(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const result = spawnSync(program, args, {encoding: 'utf8', env: {...process.env, LC_ALL: 'C.UTF-8', MANWIDTH: '80', ...env}, maxBuffer: 64 * 1024 * 1024})
  if (result.error) throw result.error
  return result
}

describe('all pages', () => {
  test('there is one for every command, tool and configuration file', async () => {
    const tools = describeTools(await catalogSpecs())
    const wanted = tools.flatMap(({name, section = 1, commands}) => [`${name}.${section}`, ...commands.map(({id}) => `${id.replaceAll(' ', '-')}.${section}`)])
    wanted.push(...(await configFiles()).map(({name}) => `${name}.5`))
    wanted.push(...programPages().map(({file}) => file), ...conceptPages().map(({topic}) => `corral-${topic}.7`))
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
      expect(text, file).toMatch(/^\.TH "[A-Z0-9\\.-]+" "[1578]" "2026-11-01" "Corral [0-9.]+"/m)
    }
  })
})

test.each(pages.filter((name) => name.includes('-') && !/[57]$/.test(name)))('%s has all its sections', (name) => {
  const headings = [...readFileSync(fileOf(name), 'utf8').matchAll(/^\.SH "?(.*?)"?$/gm)].map((match) => match[1])
  for (const heading of ['NAME', 'SYNOPSIS', 'DESCRIPTION', 'EXIT STATUS', 'ENVIRONMENT', 'EXAMPLES', 'SEE ALSO']) expect(headings, heading).toContain(heading)
  expect(headings.indexOf('SYNOPSIS')).toBeLessThan(headings.indexOf('EXAMPLES'))
})

test('qm.conf(5) has every key once', async () => {
  const keys = (await configFiles()).find(({name}) => name === 'qm.conf')?.groups.flatMap(({params}) => Object.keys(params)) ?? []
  expect(keys.toSorted()).toEqual(Object.keys(qemuConfigParams).toSorted())
})

/** The pages that a page names, anywhere: `qm-start(1)`. */
function linksIn(name: string): string[] {
  const text = readFileSync(fileOf(name), 'utf8').replace(/\\f[BIPR]/g, '').replace(/\\([-&|.])/g, (_, character: string) => (character === '-' || character === '.' ? character : ''))
  return [...text.matchAll(/([a-z][\w.-]*)\(([1-8])\)/gi)].map((match) => `${match[1] ?? ''}.${match[2] ?? ''}`)
}

/** Pages of others that ours name: Debian's packages bring them. */
const pagesOfOthers = new Set([
  'apt-get.8', 'cloud-localds.1', 'crontab.5', 'diff.1', 'gpgv.1', 'interfaces.5', 'ip-link.8', 'less.1', 'lxc.7', 'lxc.container.conf.5', 'lsblk.8', 'mkpasswd.1', 'mount.8', 'qemu-img.1', 'restic.1', 'qemu-system-x86_64.1', 'smartctl.8', 'ssh.1', 'ssh_config.5', 'sshd.8', 'sudoers.5', 'usermod.8',
  'fstab.5', 'lvmthin.7', 'systemd.mount.5', 'systemd.time.7', 'systemd.timer.5', 'vgcreate.8', 'vgremove.8', 'vgs.8', 'virt-customize.1', 'zpool-create.8', 'zpool-destroy.8', 'zpool-list.8', 'zpool-status.8', 'zpoolconcepts.7',
])

test('every page that is named exists', () => {
  const missing = pages.flatMap((name) => linksIn(name).filter((link) => !pages.includes(link) && !pagesOfOthers.has(link)).map((link) => `${name}: ${link}`))
  expect(missing).toEqual([])
  expect(linksIn('corral-tasks.7')).toContain('corral-task-wait.1')
})

test('every page about a concept can be reached from that of a tool or command', () => {
  const named = new Set(pages.filter((name) => !name.endsWith('.7')).flatMap(linksIn))
  const further = new Set(pages.filter((name) => name.endsWith('.7') && named.has(name)).flatMap(linksIn))
  expect(pages.filter((name) => name.endsWith('.7') && !named.has(name) && !further.has(name))).toEqual([])
})

describe('man finds pages as administrators look for them', () => {
  /** A copy, because indexes are written beside the pages. */
  function indexed(program: string, args: (tree: string) => readonly string[]): string {
    const tree = mkdtempSync(path.join(tmpdir(), 'corral-man-'))
    onTestFinished(() => rmSync(tree, {recursive: true, force: true}))
    cpSync(folder, tree, {recursive: true})
    const {status, stderr} = run(program, args(tree))
    expect([status, stderr]).toEqual([0, ''])
    return tree
  }
  const headline = (name: string) => /^\\fB.*? \\- (.*)$/m.exec(readFileSync(fileOf(name), 'utf8'))?.[1] ?? ''

  test('whatis, apropos and man -k by the index of man-db', () => {
    const tree = indexed('mandb', (manpath) => ['--quiet', '--user-db', manpath])
    const ask = (program: string, ...args: string[]) => run(program, args, {MANPATH: tree}).stdout
    for (const name of pages) {
      const match = /^(.*)\.(\d)$/.exec(name)
      expect(ask('whatis', '-s', match?.[2] ?? '', match?.[1] ?? ''), name).toContain(`${match?.[1] ?? ''} (${match?.[2] ?? ''})`)
    }
    expect(ask('apropos', 'volumes').split('\n').map((line) => line.split(' ')[0])).toEqual(expect.arrayContaining(['pvesm', 'pvesm-list', 'corral-volumes']))
    expect(ask('man', '-k', 'commands end')).toMatch(/^corral-exit-codes \(7\)/)
    expect(ask('man', '-w', 'qm.conf').trim()).toBe(path.join(tree, 'man5/qm.conf.5'))
  }, 120_000)

  test.skipIf(!existsSync('/usr/sbin/makewhatis'))('the index of mandoc (skipped without makewhatis)', () => {
    const tree = indexed('/usr/sbin/makewhatis', (manpath) => [manpath])
    expect(run('mwhatis', ['-M', tree, 'qm-start']).stdout).toContain(headline('qm-start.1'))
    expect(run('mapropos', ['-M', tree, 'bridges']).stdout).toContain('corral-networks(7)')
  }, 60_000)

  test('bin in PATH is enough for man', () => {
    const bin = path.resolve(folder, '../bin')
    expect(run('man', ['-w', 'qm-start'], {PATH: `${bin}:${process.env['PATH'] ?? ''}`}).stdout.trim()).toBe(fileOf('qm-start.1'))
  })
})
