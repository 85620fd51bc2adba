// TAB in real shells on a real terminal: what is typed, and what the screen shows then.
import {spawn, spawnSync} from 'node:child_process'
import {existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {isMissing, ShellScreen, type Shell} from '../support/shell-screen.ts'

const root = mkdtempSync(path.join(tmpdir(), 'corral-tab-'))
const names = path.join(root, 'lib/completion')
const cache = path.join(root, 'cache/corral/completion')
const env = {CORRAL_ROOT: root, XDG_CACHE_HOME: path.join(root, 'cache')}

function writeNames(folder: string, files: Readonly<Record<string, readonly string[]>>): void {
  mkdirSync(folder, {recursive: true})
  for (const [file, lines] of Object.entries(files)) writeFileSync(path.join(folder, file), ['#corral-names 1 1', ...lines, ''].join('\n'))
}

beforeAll(() => {
  writeNames(names, {
    guests: ['100\tweb\tqemu\th1', '101\tdb\tqemu\th1', '2000\t\tqemu\th1'], storages: [`local\tdir\t${root}/vz`, 'thick\tlvm\t'], nodes: ['h1'],
    volumes: ['local:100/vm-100-disk-0.raw\t100', 'local:100/vm-100-disk-1.raw\t100', 'thick:vm-101-disk-0\t101'],
    snapshots: ['100\tbefore', '100\tclean', '101\tother'], tasks: ['UPID:h1:00000001:00000002:6B036C24:qmstart:100:root@pam:\trunning'],
  })
  writeNames(cache, {contexts: ['lab\tl1\taaaa\t-', 'lab\tl2\tbbbb\t-', 'here\thome\t-\t-']})
  writeNames(path.join(cache, 'aaaa'), {guests: ['300\tremote\tqemu\tl1'], bridges: ['vmbr0', 'vmbr1']})
  writeNames(path.join(cache, 'bbbb'), {guests: ['310\tsecond\tqemu\tl2']})
  mkdirSync(path.join(root, 'vz/template/iso'), {recursive: true})
  for (const name of ['debian.iso', '$(touch owned).iso', 'a b.iso', "it's.iso", 'new\nline.iso', '*.iso', '`touch owned`.iso']) writeFileSync(path.join(root, 'vz/template/iso', name), '')
})
afterAll(() => rmSync(root, {recursive: true, force: true}))

/** [what is typed, the line after TAB]. What ends with nothing behind it has no blank added. */
const completed: readonly (readonly [string, string])[] = [
  ['qm shutd', 'qm shutdown'],
  ['corral qm shutd', 'corral qm shutdown'],
  ['corral --context here qm shutd', 'corral --context here qm shutdown'],
  ['pvenode task st', 'pvenode task status'],
  ['qm start 2', 'qm start 2000'],
  ['qm start w', 'qm start web'],
  ['vzdump 20', 'vzdump 2000'],
  ['vzdump he', 'vzdump help'],
  ['qm start 100 --ti', 'qm start 100 --timeout'],
  ['qm start 100 -ti', 'qm start 100 -timeout'],
  ['qm start -- 2', 'qm start -- 2000'],
  ['qm create ', 'qm create 102'],
  ['qm create 102 --bios se', 'qm create 102 --bios seabios'],
  ['qm create 102 --bios=se', 'qm create 102 --bios=seabios'],
  ['qm set 100 --net0 virtio,bri', 'qm set 100 --net0 virtio,bridge='],
  ['qm set 100 --net0=virtio,bri', 'qm set 100 --net0=virtio,bridge='],
  ['qm set 300 --context lab --net0 virtio,bridge=vm', 'qm set 300 --context lab --net0 virtio,bridge=vmbr'],
  ['qm set 100 --net0 virtio=BC:24:11:00:00:01,mod', 'qm set 100 --net0 virtio=BC:24:11:00:00:01,mod'],
  ['qm set 100 --scsi0 local:8,cache=writeb', 'qm set 100 --scsi0 local:8,cache=writeback'],
  ['qm set 100 --scsi0 local:8,disc', 'qm set 100 --scsi0 local:8,discard='],
  ['qm set 100 --delete scsihw,onb', 'qm set 100 --delete scsihw,onboot'],
  ['qm config 100 --snapshot b', 'qm config 100 --snapshot before'],
  ['qm config web --snapshot c', 'qm config web --snapshot clean'],
  ['pvesm list th', 'pvesm list thick'],
  ['pvesm path th', 'pvesm path thick:'],
  ['pvesm path thick:', 'pvesm path thick:vm-101-disk-0'],
  ['pvesm path local:100/', 'pvesm path local:100/vm-100-disk-'],
  ['pvesm path local:iso/de', 'pvesm path local:iso/debian.iso'],
  ['corral task stop UP', 'corral task stop UPID:h1:00000001:00000002:6B036C24:qmstart:100:root@pam:'],
  ['qm list --context l', 'qm list --context l'],
  ['qm list --context la', 'qm list --context lab'],
  ['qm start --context lab 31', 'qm start --context lab 310'],
  ['qm start --context lab --on l1 3', 'qm start --context lab --on l1 300'],
  ['corral host remove ho', 'corral host remove home'],
  ['qm list --output-format json-', 'qm list --output-format json-pretty'],
  ['qm nosuch 1', 'qm nosuch 1'],
]

const shells: readonly Shell[] = ['bash', 'zsh', 'fish']

describe.each(shells)('%s', (shell) => {
  describe.skipIf(isMissing(shell) || isMissing('tmux'))(`${shell} (skipped where it or tmux is not installed)`, () => {
    let screen: ShellScreen
    beforeAll(() => { screen = new ShellScreen(shell, {env}) })
    afterAll(() => screen.close())

    test('completes words', async () => {
      for (const [typed, wanted] of completed) expect(await screen.becomes(typed, wanted), `${typed}<TAB>`).toBe(`> ${wanted}`)
    }, 120_000)

    test('lists guests with their names, and only options that were not given', async () => {
      const guests = await screen.complete('qm start 10', 2)
      expect(guests.below).toMatch(/100\W+web/)
      expect(guests.below).toMatch(/101\W+db/)
      const options = await screen.complete('qm set 100 --memory 512 --m', 2)
      const all = await screen.complete('qm set 100 --net0 virtio --net', 2)
      expect(`${options.below}${options.line}`).not.toMatch(/--memory\b(?! 512)/)
      expect(all.below).toMatch(/--net1\b/)
      expect(all.below).not.toMatch(/^.*--net0(?! virtio)/m)
    }, 60_000)

    test('offers paths where a path is due', async () => {
      mkdirSync(path.join(root, 'place/inner'), {recursive: true})
      const shown = await screen.complete(`pvesm add dir x --path ${root}/pla`)
      expect(shown.line.trimEnd()).toBe(`> pvesm add dir x --path ${root}/place/`)
    }, 60_000)

    test('starts no process', async () => {
      await screen.complete('qm start w')
      const processes = await traced(screen, async () => { await screen.complete('qm start 10', 2); await screen.complete('qm set 100 --net0 virtio,bri'); await screen.complete('pvesm path local:iso/', 2) })
      expect(processes).toEqual([])
    }, 60_000)
  })
})

/** What the shell called to start processes while something was done; its threads are none. */
async function traced(screen: ShellScreen, work: () => Promise<void>): Promise<string[]> {
  if (isMissing('strace')) { console.warn('not checked, because strace is not installed'); return [] }
  const file = path.join(root, `trace-${Math.random()}`)
  const strace = spawn('strace', ['-f', '-qq', '-e', 'trace=clone,clone3,fork,vfork,execve', '-o', file, '-p', String(screen.pid())], {stdio: 'ignore'})
  await new Promise((resolve) => { setTimeout(resolve, 500) })
  await work()
  strace.kill('SIGINT')
  await new Promise((resolve) => { strace.once('exit', resolve) })
  return readFileSync(file, 'utf8').split('\n').filter((line) => /\b(?:clone3?|v?fork|execve)\(/.test(line) && !line.includes('CLONE_THREAD'))
}

describe.each(shells)('hostile names in %s', (shell) => {
  describe.skipIf(isMissing(shell) || isMissing('tmux'))(`${shell} (skipped where it or tmux is not installed)`, () => {
    const bad = path.join(root, `bad-${shell}`)
    let screen: ShellScreen
    beforeAll(() => {
      // As no writer of ours would leave them.
      writeNames(path.join(bad, 'lib/completion'), {
        guests: ['100\t$(touch owned) `touch owned`\tqemu\th1', '101\t\u001b]0;owned\u0007\u001b[31m"\';touch owned;#\tqemu\th1', '102\t*\tqemu\th1', '103\t${IFS} ~ \\\tqemu\th1', '104\tx$(touch owned)\tqemu\th1'],
        storages: ['$(touch owned)\tdir\t/', `a\tdir\t${root}/vz`], volumes: ['a:$(touch owned)\t100', 'a:iso/`touch owned`\t100'], snapshots: ['100\t$(touch owned)'],
        nodes: ['$(touch owned)', '-rf'], tasks: ['UPID:$(touch owned)\tx'],
      })
      screen = new ShellScreen(shell, {env: {CORRAL_ROOT: bad, XDG_CACHE_HOME: '/nonexistent'}})
    })
    afterAll(() => screen.close())

    test('are shown at most, never run, and do not get at the terminal', async () => {
      for (const line of ['qm start 1', 'qm start x', 'pvesm list ', 'pvesm path a:', 'pvesm path a:iso/', 'qm config 100 --snapshot ', 'qm list --on ']) {
        await screen.complete(line, 2)
        // Whatever stands on the line now is gone with Ctrl-C; nothing of it ran.
        expect(readdirSync(screen.home()), line).not.toContain('owned')
      }
      const {below} = await screen.complete('qm start 10', 2)
      expect(below).toContain('102')
      expect(screen.screen()).not.toContain('command not found')
      expect(screen.title()).not.toContain('owned')
      expect((await screen.complete('pvesm path a:iso/deb')).line).toContain('a:iso/debian.iso')
      expect(existsSync('owned')).toBe(false)
    }, 60_000)
  })
})

describe.skipIf(isMissing('bash') || isMissing('tmux') || !existsSync('/usr/share/bash-completion/bash_completion'))('with bash-completion (skipped where it is not installed)', () => {
  test('behind sudo, and loaded by the name of the tool', async () => {
    const data = path.join(root, 'data')
    const install = (...words: string[]) => spawnSync(path.resolve(import.meta.dirname, '../../bin/corral'), ['autocomplete', 'install', 'bash', ...words], {env: {...process.env, CORRAL_ROOT: root, HOME: root, XDG_DATA_HOME: data}, encoding: 'utf8'})
    expect(install('--dry-run').stdout).toContain(`${data}/bash-completion/completions/qm\n`)
    expect(existsSync(data)).toBe(false)
    expect(install().status).toBe(0)
    expect(install().status).toBe(0)
    const screen = new ShellScreen('bash', {env: {...env, XDG_DATA_HOME: data}, setUp: 'source /usr/share/bash-completion/bash_completion', isLoaded: false})
    try {
      for (const [typed, wanted] of [['qm shutd', 'qm shutdown'], ['pvesm path thick:', 'pvesm path thick:vm-101-disk-0'], ['sudo qm start w', 'sudo qm start web'], ['sudo qm set 100 --net0=virtio,bri', 'sudo qm set 100 --net0=virtio,bridge=']]) {
        expect(await screen.becomes(typed ?? '', wanted ?? '')).toBe(`> ${wanted}`)
      }
    } finally {
      screen.close()
    }
  }, 60_000)
})

test('the scripts are not put in the place of somebody else’s', () => {
  const config = path.join(root, 'config')
  mkdirSync(path.join(config, 'fish/completions'), {recursive: true})
  writeFileSync(path.join(config, 'fish/completions/qm.fish'), '# mine')
  const run = spawnSync(path.resolve(import.meta.dirname, '../../bin/corral'), ['autocomplete', 'install', 'fish'], {env: {...process.env, CORRAL_ROOT: root, HOME: root, XDG_CONFIG_HOME: config}, encoding: 'utf8'})
  expect(run.status).toBe(6)
  expect(run.stderr).toContain(`${config}/fish/completions/qm.fish`)
  expect(readdirSync(path.join(config, 'fish/completions'))).toEqual(['qm.fish'])
}, 60_000)

test('a command keeps the names for the shells', () => {
  const own = path.join(root, 'own')
  const run = (...words: string[]) => spawnSync(path.resolve(import.meta.dirname, '../../bin/corral'), words, {env: {...process.env, CORRAL_ROOT: own, CORRAL_NODE: 'h1', HOME: root}, encoding: 'utf8'})
  expect(run('qm', 'create', '100', '--name', 'first').status).toBe(0)
  expect(readFileSync(path.join(own, 'lib/completion/guests'), 'utf8')).toContain('\n100\tfirst\tqemu\th1\n')
  run('qm', 'set', '100', '--name', 'second')
  expect(readFileSync(path.join(own, 'lib/completion/guests'), 'utf8')).toContain('\n100\tsecond\tqemu\th1\n')
  run('qm', 'destroy', '100')
  expect(readFileSync(path.join(own, 'lib/completion/guests'), 'utf8')).not.toContain('second')
}, 60_000)
