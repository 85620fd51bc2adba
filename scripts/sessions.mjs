#!/usr/bin/env node
// `npm run sessions`: types the commands of scripts/sessions/*.txt on a terminal, in an installation of its own, and writes what is seen to
// docs/sessions. `-- --check` compares instead and shows the first difference. `-- --iso FILE` takes a bootable image that is there already.
// What differs from one run to the next is replaced by the rules below, and by nothing else.
import {spawn, spawnSync} from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {projectRoot} from './setup.mjs'

const sourceFolder = path.join(projectRoot, 'scripts/sessions')
const targetFolder = path.join(projectRoot, 'docs/sessions')
const commandTimeoutMs = 60_000
const bootLine = /Corral guest ready: (\S+)/

/** Times, numbers of processes and what is drawn at random, in the order in which they are replaced. */
const rules = [
  {what: 'ids of tasks', pattern: /UPID:h1:[0-9A-F]{8}:[0-9A-F]{8}:[0-9A-F]{8}:/g, replacement: 'UPID:h1:00000456:0001A2B3:697DF000:'},
  {what: 'times of tasks', pattern: /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, replacement: '2026-01-31 12:00:00'},
  {what: 'UUIDs', pattern: /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, replacement: '1b4e28ba-2fa1-41d2-883f-0016d3cca427'},
  {what: 'hardware addresses', pattern: /BC:24:11(?::[0-9A-F]{2}){3}/g, replacement: 'BC:24:11:2A:10:01'},
  {what: "QEMU's version and the time of creation", pattern: /creation-qemu=[\d.]+,ctime=\d+/g, replacement: 'creation-qemu=7.2.22,ctime=1769860800'},
  {what: 'the process in qm list', pattern: /(running\s+\d+\s+[\d.]+ )\d+/g, replacement: '$14711'},
  {what: 'the space of file systems', pattern: /^(\w+ +dir +\w+) +\d+ +\d+ +\d+ +[\d.]+%$/gm, replacement: '$1       102400000        20480000        81920000   20.00%'},
  {what: 'the size of the image', pattern: /(guest\.iso +iso +iso +)\d+/g, replacement: '$18388608'},
  {what: 'the size of the image in a configuration', pattern: /(guest\.iso,media=cdrom,size=)\w+/g, replacement: '$18M'},
  {what: "the guest's kernel", pattern: /(Corral guest ready: )\S+/g, replacement: '$16.1.0-cloud-amd64'},
  {what: 'blanks at the end of a line', pattern: /[ \t]+$/gm, replacement: ''},
]

/** A place of its own: an installation, a folder for /srv, and the man pages with their index. */
class Desk {
  root = fs.mkdtempSync('/tmp/cs-')

  constructor(iso) {
    fs.mkdirSync(path.join(this.root, 'srv'))
    fs.mkdirSync(path.join(this.root, 'home'))
    fs.symlinkSync(iso, path.join(this.root, 'home/guest.iso'))
    fs.cpSync(path.join(projectRoot, 'man'), path.join(this.root, 'man'), {recursive: true})
    spawnSync('mandb', ['--quiet', '--user-db', path.join(this.root, 'man')], {stdio: 'ignore', timeout: commandTimeoutMs})
    this.env = {
      PATH: `${path.join(projectRoot, 'bin')}:/usr/sbin:/usr/bin:/sbin:/bin`, HOME: path.join(this.root, 'home'), CORRAL_ROOT: this.root, CORRAL_NODE: 'h1',
      MANPATH: path.join(this.root, 'man'), TERM: 'dumb', LANG: 'C.UTF-8', TZ: 'UTC', PAGER: 'cat', SHELL: '/bin/bash',
    }
  }

  /** What a command shows on a terminal of 80 columns. `qm terminal` is given Enter until the guest is up, and then left. */
  async type(command) {
    const isConsole = command.startsWith('qm terminal')
    const typed = `stty cols 80 rows 40; ${command.replaceAll('/srv/', `${this.root}/srv/`)}`
    const child = spawn('script', ['--quiet', '--return', '--command', typed, '/dev/null'], {env: this.env, cwd: this.env.HOME, stdio: [isConsole ? 'pipe' : 'ignore', 'pipe', 'inherit']})
    let seen = ''
    child.stdout.setEncoding('utf8').on('data', (text) => { seen += text })
    const timer = setTimeout(() => child.kill('SIGKILL'), commandTimeoutMs)
    // Not before it speaks: until then the terminal itself echoes what is typed.
    const knock = isConsole ? setInterval(() => { if (seen !== '') child.stdin.write(bootLine.test(seen) ? '\x0f' : '\r') }, 500) : undefined
    child.stdin?.on('error', () => undefined)
    await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve))
    clearTimeout(timer)
    clearInterval(knock)
    return isConsole ? consoleLines(seen) : seen
  }

  close() {
    const qm = (...words) => spawnSync(path.join(projectRoot, 'bin/qm'), words, {env: this.env, encoding: 'utf8', timeout: commandTimeoutMs})
    const listed = qm('list', '--output-format', 'json')
    for (const {vmid, status} of listed.status === 0 ? JSON.parse(listed.stdout || '[]') : []) if (status === 'running') qm('stop', String(vmid))
    fs.rmSync(this.root, {recursive: true, force: true, maxRetries: 5})
  }
}

/** The first line, and the one that says that the guest is up; what it prints while it boots differs from kernel to kernel. */
function consoleLines(seen) {
  const [first = ''] = seen.split('\r\n')
  return `${first}\n...\n${bootLine.exec(seen)?.[0] ?? 'the guest did not come up'}\n`
}

/** As it stands on the terminal in the end: without control sequences, and without what a line that was drawn over had. */
function shown(text, root) {
  let plain = text.replaceAll('\r\n', '\n').replace(/[^\n]*\r(?:\x1b\[K)?/g, '').replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '')
    .replaceAll(`${root}/srv/`, '/srv/').replaceAll(`${root}/lib`, '/var/lib/corral').replaceAll(`${root}/run`, '/run/corral').replaceAll(`${root}/log`, '/var/log/corral')
  for (const {pattern, replacement} of rules) plain = plain.replace(pattern, replacement)
  return plain.replace(/\n+$/, '')
}

/** A long command as a person would type it, on several lines. */
function prompted(command) {
  const lines = ['$']
  for (const word of command.match(/(?:--[\w-]+ (?!-))?(?:'[^']*'|\S)+/g) ?? []) {
    if (lines.at(-1).length + word.length + 3 > 80) lines[lines.length - 1] += ' \\'
    if (lines.at(-1).endsWith('\\')) lines.push(`   ${word}`)
    else lines[lines.length - 1] += ` ${word}`
  }
  return lines.join('\n')
}

async function record(source, iso) {
  const desk = new Desk(iso)
  const parts = []
  try {
    for (const line of source.trim().split('\n')) {
      if (line.startsWith('#')) { parts.push(`\n${line}\n`); continue }
      const text = shown(await desk.type(line), desk.root)
      parts.push(`${prompted(line)}\n${text === '' ? '' : `${text}\n`}`)
    }
  } finally {
    desk.close()
  }
  return `${parts.join('').trim()}\n`
}

function buildIso(folder) {
  const iso = path.join(folder, 'guest.iso')
  const {status} = spawnSync(path.join(projectRoot, 'scripts/build-guest-iso.sh'), [iso], {stdio: ['ignore', 2, 2], timeout: 170_000})
  if (status !== 0) throw new Error('the ISO could not be built; the lines above say why')
  return iso
}

/** The first lines that differ, as a person wants to see them. */
function difference(before, after) {
  const [old, now] = [before.split('\n'), after.split('\n')]
  const at = now.findIndex((line, index) => line !== old[index])
  const from = Math.max(0, at === -1 ? now.length : at)
  const some = (lines, mark) => lines.slice(from, from + 6).map((line) => `${mark} ${line}`)
  return [`from line ${from + 1}:`, ...some(old, '-'), ...some(now, '+')].join('\n')
}

const words = process.argv.slice(2)
const isoAt = words.indexOf('--iso')
const work = fs.mkdtempSync(path.join(os.tmpdir(), 'corral-sessions-'))
try {
  const iso = isoAt === -1 ? buildIso(work) : path.resolve(words[isoAt + 1] ?? '')
  for (const name of fs.readdirSync(sourceFolder).toSorted()) {
    const target = path.join(targetFolder, name)
    const before = fs.existsSync(target) ? fs.readFileSync(target, 'utf8') : ''
    const after = await record(fs.readFileSync(path.join(sourceFolder, name), 'utf8'), iso)
    if (!words.includes('--check')) {
      fs.writeFileSync(target, after)
      console.log(`${before === after ? 'unchanged' : 'written'}: docs/sessions/${name}`)
    } else if (before !== after) {
      console.log(`docs/sessions/${name} shows what is no longer so, ${difference(before, after)}\nRun npm run sessions and look at the difference.`)
      process.exitCode = 1
    }
  }
} finally {
  fs.rmSync(work, {recursive: true, force: true})
}
