// Entry 9: names of keys and sections that are used for something else than a key: names of files, lines of a file, properties that every
// JavaScript object has.
import {mkdirSync, readdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, it} from 'vitest'
import {InvalidInputError} from '../../src/lib/base/index.ts'
import {formatQemuConfig, parseQemuConfig} from '../../src/lib/guest/qemu/config/index.ts'
import {removeRunFiles} from '../../src/lib/guest/qemu/runtime/run-files.ts'
import {machineRoom, storedConfig} from '../unit/guest/qemu/support/run-qm.ts'
import {failureOf, perform, refusalOf, resultOf} from './support/in-process.ts'
import {expectRefusal, installation} from './support/program.ts'

/** Keys that would be something else as a file name, as a line, or as a property. */
const badKeys = ['systemd.credential.../../../root/.bashrc', '../x', 'a/b', '[PENDING]', 'name\nargs', 'name: x', '#name', 'a b', '', 'Name ', '\u0000', '1name', 'x'.repeat(100)]
/** What every object of JavaScript has. */
const ownWords = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__']

function expectNoPollution(): void {
  expect(Object.keys(Object.prototype)).toEqual([])
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
}

describe('keys of a machine', () => {
  it('that would be something else are never written', () => {
    for (const key of badKeys) {
      const values = {[key]: 'x'}
      const config = {current: {values}, pending: {}, pendingDelete: {}, snapshots: {}, special: {}}
      expect(() => formatQemuConfig(config), JSON.stringify(key)).toThrow(InvalidInputError)
    }
  })

  it('that are no keys are refused as options, with nothing written', async () => {
    const context = await (await machineRoom()).open()
    await perform(['qm', 'create', '100', '--kvm', '0', '--memory', '32'], context)
    const before = await storedConfig(100, context)
    for (const key of [...badKeys, ...ownWords]) {
      await refusalOf(['qm', 'set', '100', `--${key}`, 'x'], context)
      await refusalOf(['qm', 'set', '100', '--delete', key === '' ? '-' : key], context)
      await refusalOf(['qm', 'set', '100', '--scsi0', `local:1,${key}=1`], context)
      await refusalOf(['qm', 'set', '100', '--net0', `${key}=1`], context)
      await refusalOf(['qm', 'config', '100', '--snapshot', key === '' ? '-' : key], context)
      await refusalOf(['pvesm', 'set', 'local', `--${key}`, '1'], context)
    }
    expect(await storedConfig(100, context)).toBe(before)
    expectNoPollution()
  })

  it('in a file that are none of ours hide nothing and change nothing else', async () => {
    const context = await (await machineRoom()).open()
    const text = ['__proto__: polluted', 'constructor: x', 'toString: y', 'memory: 32', '', '[constructor]', 'memory: 16', '__proto__: polluted', ''].join('\n')
    const path = 'nodes/h1/qemu-server/100.conf'
    await context.store.commit({put: {[path]: text}})
    for (const words of [['list'], ['config', '100'], ['pending', '100'], ['status', '100'], ['config', '100', '--snapshot', 'constructor'], ['showcmd', '100'], ['start', '100'], ['set', '100', '--memory', '64']]) {
      const error = await failureOf(['qm', ...words], context)
      if (error !== undefined) expect(['invalid-input', 'unsupported']).toContain(error.kind)
    }
    expect(await resultOf(['qm', 'list'], context)).toMatchObject([{vmid: 100, maxmem: expect.any(Number) as number}])
    expectNoPollution()
  })

  it('are read as plain names', () => {
    const config = parseQemuConfig('toString: x\nhasownproperty: y\n', {warn: () => undefined})
    expect(Object.keys(config.current.values).sort()).toEqual(['hasownproperty', 'toString'])
    expect(Object.keys(config.snapshots)).toEqual([])
  })
})

describe('sections of storage.cfg', () => {
  it.each(['dir: __proto__', 'dir: constructor', 'dir: ../x', 'dir: a/b', '__proto__: x', 'constructor: x', 'toString: x', '../dir: x'])('by the name of "%s" bring nothing down', async (header) => {
    const context = await (await machineRoom()).open()
    await context.store.commit({put: {'storage.cfg': `${header}\n\tpath /srv/x\n\n\ndir: good\n\tpath ${context.places.stateDir}/good\n\tcontent iso\n`}})
    for (const words of [['status'], ['list', 'good'], ['path', 'good:iso/x.iso'], ['add', 'dir', 'more', '--path', `${context.places.stateDir}/more`], ['remove', 'good']]) {
      await failureOf(['pvesm', ...words], context)
    }
    expectNoPollution()
  })
})

describe('names of files in the folder of running guests', () => {
  it('that are no taps are left alone, and lead nowhere', async () => {
    const place = await machineRoom()
    const context = await place.open()
    const folder = join(place.root, 'run/qemu-server/network')
    mkdirSync(folder, {recursive: true})
    const others = ['tap100i0;x', 'tap1000i0', 'tap100i0.tmp', '..x', 'a\nb', 'tap-100i0']
    for (const name of [...others, 'tap100i0', 'tap100i31']) writeFileSync(join(folder, name), '')
    await removeRunFiles(100, context)
    expect(readdirSync(folder).sort()).toEqual([...others].sort())
  })
})

describe('paths of the store', () => {
  it.each(['../x', '/etc/x', 'a/../b', 'a//b', './a', 'a/', 'a\nb', 'a b', '', '__proto__/../x', 'x'.repeat(300), 'a\u0000', '%2e%2e/'])('refuse %j', async (path) => {
    const context = await (await machineRoom()).open()
    await expect(context.store.commit({put: {[path]: 'x'}})).rejects.toBeInstanceOf(InvalidInputError)
    await expect(context.store.read(path)).rejects.toBeInstanceOf(InvalidInputError)
  })

  it('that are words of JavaScript are paths like others', async () => {
    const context = await (await machineRoom()).open()
    const put = Object.fromEntries(ownWords.map((word) => [`x/${word}`, word]))
    await context.store.commit({put})
    expect((await context.store.list('x')).map(({path, data}) => `${path}=${data}`).sort()).toEqual(ownWords.map((word) => `x/${word}=${word}`).sort())
    expectNoPollution()
  })
})

describe('the program', () => {
  it('is not misled by them in place of a command or an option', async () => {
    const place = installation()
    const calls = [['qm', ['__proto__']], ['qm', ['create', '--constructor', '1']], ['corral', ['toString']], ['corral', ['help', '__proto__']], ['qm', ['../create']]] as const
    for (const [tool, words] of calls) expectRefusal(await place.call(tool, words), `${tool} ${words.join(' ')}`)
  }, 60_000)
})
