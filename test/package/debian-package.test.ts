// The Debian package: it is made, it has what it should have and nothing else, lintian finds no error, and its programs run from the unpacked tree.
// Installing it is tried in a Debian 13 of its own (test/lab).
import {execFileSync, spawnSync} from 'node:child_process'
import {existsSync, lstatSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, statSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'

const projectRoot = path.resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(path.join(tmpdir(), 'corral-deb-'))
const tree = path.join(folder, 'tree')
const maxInstalledKiB = 24 * 1024
const commandNames = readdirSync(path.join(projectRoot, 'bin')).filter((name) => !name.includes('.')).toSorted()
let deb = ''

function run(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const [program = '', ...rest] = argv
  return spawnSync(program, rest, {encoding: 'utf8', timeout: 120_000, env: {PATH: process.env['PATH'], HOME: folder, ...env}})
}

/** A command of the unpacked tree. Its first line names Debian's Node.js, which this machine may lack. */
function command(name: string, ...words: readonly string[]) {
  const {status, stdout, stderr} = run([process.execPath, path.join(tree, 'usr/bin', name), ...words], {CORRAL_ROOT: path.join(folder, 'state'), CORRAL_NODE: 'h1'})
  return {status, stdout, stderr}
}

function field(name: string): string {
  return execFileSync('dpkg-deb', ['-f', deb, name], {encoding: 'utf8'}).trim()
}

beforeAll(() => {
  deb = execFileSync(process.execPath, [path.join(projectRoot, 'scripts/package-deb/build.mjs'), folder], {encoding: 'utf8', timeout: 300_000}).trim()
  execFileSync('dpkg-deb', ['-x', deb, tree])
}, 300_000)
afterAll(() => rmSync(folder, {recursive: true, force: true}))

test('its name, what it depends on, and its size', () => {
  const {version, engines} = JSON.parse(readFileSync(path.join(projectRoot, 'package.json'), 'utf8')) as {version: string; engines: {node: string}}
  expect(path.basename(deb)).toBe(`corral_${version}-1_${execFileSync('dpkg', ['--print-architecture'], {encoding: 'utf8'}).trim()}.deb`)
  const depends = field('Depends').split(', ')
  expect(depends).toContain(`nodejs (${engines.node.replace('>=', '>= ')})`)
  expect(depends.some((dependency) => /^libc6 \(>= 2\.\d+\)$/.test(dependency))).toBe(true)
  expect(field('Recommends').split(', ')).toEqual(expect.arrayContaining(['qemu-system-x86', 'qemu-utils', 'ovmf', 'swtpm']))
  expect(field('Recommends')).not.toContain('$')
  expect(Number(field('Installed-Size'))).toBeLessThan(maxInstalledKiB)
})

test('lintian finds no error and warns of nothing', () => {
  const {stdout, status} = run(['lintian', '--allow-root', '--no-cfg', deb])
  expect({stdout, status}).toEqual({stdout: '', status: 0})
}, 300_000)

test('every command is in /usr/bin, runs from there and says its version', () => {
  const names = commandNames
  expect(readdirSync(path.join(tree, 'usr/bin')).toSorted()).toEqual(names)
  for (const name of names) {
    expect(readlinkSync(path.join(tree, 'usr/bin', name))).toBe(`../lib/corral/bin/${name}`)
    expect(readFileSync(path.join(tree, 'usr/bin', name), 'utf8').split('\n')[0]).toBe('#!/usr/bin/node')
  }
  expect(command('corral', '--version')).toMatchObject({status: 0, stdout: `corral ${field('Version').replace(/-1$/, '')}\n`, stderr: ''})
})

test('commands work: what reads, what changes, a task, help, a mistyped word', () => {
  expect(command('qm', 'create', '100', '--memory', '64', '--scsi0', 'local:0.01')).toMatchObject({status: 0})
  expect(command('qm', 'list').stdout).toMatch(/100 .* stopped/)
  expect(command('pvesm', 'status').stdout).toContain('local')
  expect(command('corral', 'cpu-model', 'list')).toMatchObject({status: 0})
  expect(command('qm', 'help', 'start').stdout).toContain('qm start')
  expect(command('corral', 'help', 'first-steps')).toMatchObject({status: 0, stderr: ''})
  expect(command('corral', 'lsit')).toMatchObject({status: 2, stderr: expect.stringContaining("has no command 'lsit'") as string})
  expect(command('corral', 'context', 'list', '--output-format', 'yaml')).toMatchObject({status: 0, stderr: ''})
})

test('its scripts start, stop and restart services only where no guest can come to harm', () => {
  const scripts = path.join(folder, 'control')
  execFileSync('dpkg-deb', ['-e', deb, scripts])
  const lines = ['preinst', 'postinst', 'prerm', 'postrm'].filter((name) => existsSync(path.join(scripts, name)))
    .flatMap((name) => readFileSync(path.join(scripts, name), 'utf8').split('\n').filter((line) => /deb-systemd-invoke|systemctl/.test(line)).map((line) => `${name}: ${line.trim().replace(/ >.*/, '')}`))
  expect([...new Set(lines)]).toEqual([
    'postinst: systemctl --system daemon-reload', 'postinst: deb-systemd-invoke start corral-guests.service || true', 'postinst: deb-systemd-invoke start corral-schedule.timer || true',
    'postinst: deb-systemd-invoke restart corral-qmeventd.service || true',
    'prerm: deb-systemd-invoke stop corral-schedule.timer corral-qmeventd.service || true', 'postrm: systemctl --system daemon-reload',
  ])
  expect(readFileSync(path.join(scripts, 'conffiles'), 'utf8')).toBe('/etc/default/corral\n')
  expect(readFileSync(path.join(scripts, 'triggers'), 'utf8')).toContain('interest-noawait /usr/bin/node')
})

test('its units are below /usr, run commands that are there, and are hardened where no guest would inherit it', () => {
  const units = path.join(tree, 'usr/lib/systemd/system')
  expect(readdirSync(units).toSorted()).toEqual(['corral-doctor.service', 'corral-guests.service', 'corral-onboot.service', 'corral-qmeventd.service', 'corral-schedule.service', 'corral-schedule.timer'])
  for (const unit of readdirSync(units).filter((name) => name.endsWith('.service'))) {
    const text = readFileSync(path.join(units, unit), 'utf8')
    for (const [, program = ''] of text.matchAll(/^Exec(?:Start|Stop)=\/usr\/bin\/(\S+)/gm)) expect([...commandNames, 'true'], unit).toContain(program)
    expect(text, unit).toContain('KillMode=process')
    expect(/^(?:Protect|Private|Restrict|NoNewPrivileges|SystemCallFilter)/m.test(text), unit).toBe(unit === 'corral-qmeventd.service')
  }
})

test('man pages are compressed, those of other names are there, and man finds them', () => {
  const manual = path.join(tree, 'usr/share/man')
  const pages = readdirSync(manual, {recursive: true, encoding: 'utf8'}).filter((name) => /\.\d(\.gz)?$/.test(name))
  const inTree = readdirSync(path.join(projectRoot, 'man'), {recursive: true, encoding: 'utf8'}).filter((name) => /^man\d\/.*\.\d$/.test(name))
  expect(pages).toEqual(expect.arrayContaining(inTree.map((name) => `${name}.gz`)))
  expect(pages).toContain('man1/qm-move_disk.1.gz')
  for (const page of ['qm', 'qm-resize', 'qm.conf', 'corral-first-steps']) {
    expect(run(['man', '-M', manual, page], {MANPAGER: 'cat', LC_ALL: 'C.UTF-8'}), page).toMatchObject({status: 0, stdout: expect.stringContaining('NAME') as string})
  }
})

test('completion is where each shell looks, for every command', () => {
  for (const name of commandNames) {
    for (const place of [`bash-completion/completions/${name}`, `fish/vendor_completions.d/${name}.fish`]) expect(statSync(path.join(tree, 'usr/share', place)).size, place).toBeGreaterThan(1000)
  }
  expect(readFileSync(path.join(tree, 'usr/share/zsh/vendor-completions/_corral'), 'utf8')).toMatch(/^#compdef .*\bqm\b/)
})

test('nothing in it is a dead link, writable by others, or of a source tree only', () => {
  const entries = readdirSync(tree, {recursive: true, encoding: 'utf8'}).map((name) => path.join(tree, name))
  expect(entries.filter((file) => !existsSync(file))).toEqual([])
  expect(entries.filter((file) => !lstatSync(file).isSymbolicLink() && (statSync(file).mode & 0o022) !== 0)).toEqual([])
  expect(entries.filter((file) => /\.(?:ts|map|md5)$|\/(?:test|tests|src)\//.test(file))).toEqual([])
  const paths = readdirSync(path.join(tree, 'usr/lib/corral/dist/run')).map((name) => readFileSync(path.join(tree, 'usr/lib/corral/dist/run', name), 'utf8')).join('')
  expect(paths).not.toContain(projectRoot)
})

test('made again elsewhere, of the same commit, it is the same', () => {
  const other = mkdtempSync(path.join(tmpdir(), 'corral-deb-again-'))
  try {
    const again = execFileSync(process.execPath, [path.join(projectRoot, 'scripts/package-deb/build.mjs'), other], {encoding: 'utf8', timeout: 300_000}).trim()
    expect(readFileSync(again).equals(readFileSync(deb))).toBe(true)
  } finally {
    rmSync(other, {recursive: true, force: true})
  }
}, 300_000)
