// Entry 2: shell metacharacters, quotes, $(…) and line ends in values. Nothing that we run goes through a shell, and what we print to be
// typed into one is quoted.
import {spawnSync} from 'node:child_process'
import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, it} from 'vitest'
import {parseVolumeId} from '../../src/lib/storage/index.ts'
import {commandLine} from '../../src/lib/tasks/index.ts'
import {machineRoom, storedConfig} from '../unit/guest/qemu/support/run-qm.ts'
import {perform, refusalOf, resultOf} from './support/in-process.ts'
import {expectNoFault, installation, projectRoot, treeOf} from './support/program.ts'

/** Each makes a file `pwned` in the folder when a shell reads it. */
function lures(folder: string): string[] {
  const canary = join(folder, 'pwned')
  return [`$(touch ${canary})`, `\`touch ${canary}\``, `;touch ${canary};`, `|touch ${canary}`, `&touch ${canary}&`, `'\ntouch ${canary}\n'`, `">${canary}<"`, `\${x:=$(touch ${canary})}`]
}

/** How a shell reads a line: its words. */
function shellWords(line: string): string[] {
  const {stdout, stderr, status} = spawnSync('sh', ['-c', `printf '%s\\0' ${line}`], {encoding: 'utf8'})
  expect(stderr).toBe('')
  expect(status).toBe(0)
  return stdout.split('\0').slice(0, -1)
}

describe('the program', () => {
  it('gives no value to a shell, whether it takes it or refuses it', async () => {
    const place = installation()
    await place.mustQm('create', '100', '--kvm', '0', '--memory', '32')
    const lure = lures(place.root).join('')
    const calls: readonly (readonly string[])[] = [
      ['qm', 'set', '100', '--description', lure, '--args', '-name $(touch)'],
      ['qm', 'set', '100', '--name', lure],
      ['qm', 'config', '100', '--snapshot', lure],
      ['pvesm', 'alloc', 'local', '100', lure.replaceAll('/', ''), '1M'],
      ['pvenode', 'task', 'log', lure],
    ]
    for (const [tool = '', ...words] of calls) expectNoFault(await place.call(tool, words, {env: {CORRAL_DEBUG: '0'}}), words.join(' '))
    // What it took stands there as it was given, and reaches no other line of the file.
    const config = JSON.parse(await place.mustQm('config', '100', '--output-format', 'json')) as Record<string, unknown>
    expect(config['description']).toBe(lure)
    expect(Object.keys(config).sort()).toEqual(['args', 'description', 'digest', 'kvm', 'memory', 'meta', 'smbios1', 'vmgenid'])
    expect(treeOf(place.root).filter((name) => /pwned(?: |$)/.test(name))).toEqual([])
  }, 60_000)

  it('prints command lines that a shell reads as the same words', async () => {
    const context = await (await machineRoom()).open()
    const canary = join(context.places.stateDir, 'pwned')
    const serial = encodeURIComponent('$(touch)\'"\\;`').replaceAll("'", '%27').replaceAll('(', '%28').replaceAll(')', '%29')
    await perform(['qm', 'create', '100', '--kvm', '0', '--memory', '32', '--scsi0', `local:1,serial=${serial}`, '--args', `-name "it's;$(touch ${canary})"`], context)
    const words = shellWords(String(await resultOf(['qm', 'showcmd', '100'], context)))
    expect(words.filter((word) => word.startsWith('scsi-hd,')).join()).toContain(`serial=${decodeURIComponent(serial)}`)
    expect(words.slice(-2)).toEqual(['-name', `it's;$(touch ${canary})`])
    expect(shellWords(String(await resultOf(['qm', 'showcmd', '100', '--pretty'], context)))).toEqual(words)
    expect(existsSync(canary)).toBe(false)
  })

  it('refuses line ends wherever a line of a configuration is due', async () => {
    const context = await (await machineRoom()).open()
    await perform(['qm', 'create', '100', '--kvm', '0', '--memory', '32'], context)
    const before = await storedConfig(100, context)
    for (const end of ['\n', '\r', '\u0000', '\u001b[2J', '\u007f']) {
      const wrong: readonly (readonly [string, string])[] = [
        ['--name', `a${end}args: -x`], ['--tags', `a${end}b`], ['--args', `-S${end}hookscript: x`], ['--smbios1', `serial=a${end}b`], ['--net0', `virtio${end},bridge=x`],
        ['--ide2', `local:iso/a${end}.iso`], ['--scsi0', `local:1,serial=a${end}`], ['--boot', `order=${end}`], ['--serial0', `/dev/tty${end}`], ['--delete', `name${end}`],
      ]
      for (const [option, value] of wrong) await refusalOf(['qm', 'set', '100', option, value], context)
      await refusalOf(['pvesm', 'add', 'dir', 'more', '--path', `/tmp/a${end}b`], context)
      await refusalOf(['pvesm', 'set', 'local', '--content-dirs', `iso=a${end}b`], context)
    }
    expect(await storedConfig(100, context)).toBe(before)
    expect(await context.store.read('storage.cfg')).toBeUndefined()
  })
})

describe('what is printed for people to type', () => {
  it.each(["it's", '$(id)', '`id`', 'a b', '', '*', '~', '-x', 'a"b', 'a\\b', '!1', '#', '{a,b}', 'é'])('quotes %j', (word) => {
    expect(shellWords(commandLine(['true', word]))).toEqual(['true', word])
  })

  it('shows control characters instead of passing them on', () => {
    expect(commandLine(['true', 'a\u001b]52;c;eA==\u0007\nb'])).not.toMatch(/\p{Cc}/u)
  })

  it('has no line end in the name of a volume', () => {
    expect(() => parseVolumeId('local:iso/a\ntouch x.iso')).toThrow('control character')
  })
})

describe('the script for tap devices', () => {
  const script = join(projectRoot, 'libexec/pve-bridge')

  it.each(['pve-bridge', 'pve-bridgedown'])('%s takes no other words for the name of a tap', (name) => {
    for (const tap of ['', '-all', 'eth0', 'tap', 'tap1i0;id', 'tap1i0 x', 'tap1i0/../x', '$(id)', 'tap1i0\nid', '../tap1i0']) {
      const {status} = spawnSync(join(projectRoot, 'libexec', name), [tap], {env: {CORRAL_RUN_DIR: '/nonexistent'}})
      if (name === 'pve-bridge') expect(status, tap).toBe(1)
      else expect([0, 1], tap).toContain(status)
    }
  })

  it('evaluates nothing in its settings', () => {
    const place = installation()
    const folder = join(place.root, 'run/qemu-server/network')
    mkdirSync(folder, {recursive: true})
    for (const text of [...lures(place.root).map((lure) => `bridge ${lure}`), ...lures(place.root).map((lure) => `bridge lo\nmtu 1500${lure}`), 'bridge -all\n', 'bridge ../x\n', 'bridge\n', '', 'bridge a b\n']) {
      writeFileSync(join(folder, 'tap100i0'), text)
      const {status, stderr} = spawnSync(script, ['tap100i0'], {env: {CORRAL_RUN_DIR: join(place.root, 'run')}, encoding: 'utf8'})
      expect(status, text).toBe(1)
      expect(stderr, text).toMatch(/^pve-bridge: /)
    }
    expect(treeOf(place.root).filter((name) => name.includes('pwned'))).toEqual([])
    expect(readFileSync(script, 'utf8')).not.toMatch(/\beval\b/)
  })
})
