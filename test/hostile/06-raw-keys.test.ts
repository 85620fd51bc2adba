// Entry 6: what reaches QEMU as it is written (`args`), or is run on the host (`hookscript`), is for root alone, as is everything else
// that a spec does not leave open; and it is only what it says it is.
import {mkdirSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, it} from 'vitest'
import {AppError} from '../../src/lib/base/index.ts'
import {catalog} from '../../src/lib/catalog.ts'
import {runHandler} from '../../src/lib/tasks/index.ts'
import {machineRoom, storedConfig} from '../unit/guest/qemu/support/run-qm.ts'
import {perform, refusalOf} from './support/in-process.ts'

async function room() {
  const place = await machineRoom()
  const context = await place.open()
  await perform(['qm', 'create', '100', '--kvm', '0', '--memory', '32'], context)
  return {place, context}
}

describe('a caller who is not root', () => {
  it('is refused by every command that its spec does not leave open, before anything is looked at', async () => {
    const {context} = await room()
    const stranger = {...context, caller: {user: 'ann@pam', isRoot: false}, store: new Proxy(context.store, {get: (_, name) => { throw new Error(`the store was asked for ${String(name)}`) }})}
    let count = 0
    for (const [id, entry] of Object.entries(catalog.commands)) {
      const [{spec}, {handler}] = await Promise.all([entry.spec(), entry.handler()])
      if (spec.needs === 'anyone') continue
      count++
      const error = await runHandler(handler, {}, stranger).then(() => undefined, (thrown: unknown) => thrown)
      expect(error instanceof AppError ? error.kind : error, id).toBe('forbidden')
    }
    expect(count).toBeGreaterThan(20)
  })

  it('is refused args and hookscript by create and set', async () => {
    const {context} = await room()
    const before = await storedConfig(100, context)
    const stranger = {...context, caller: {user: 'ann@pam', isRoot: false}}
    for (const raw of [['--args', '-device x'], ['--hookscript', 'local:snippets/x']]) {
      for (const command of [['qm', 'set', '100'], ['qm', 'create', '101']]) await expect(perform([...command, ...raw], stranger), raw[0]).rejects.toMatchObject({kind: 'forbidden'})
    }
    expect(await storedConfig(100, context)).toBe(before)
  })
})

describe('args', () => {
  it.each(['-name "x', "-name 'x", '-name x\\', '-a\nkvm: 1', '-a\r', '-a\u0000', '-a\u001b[2J', '-a\u2028b', 'x '.repeat(300)])('of %j are refused', async (args) => {
    const {context} = await room()
    const before = await storedConfig(100, context)
    await refusalOf(['qm', 'set', '100', '--args', args], context)
    await refusalOf(['qm', 'create', '101', '--args', args], context)
    expect(await storedConfig(100, context)).toBe(before)
    expect(await storedConfig(101, context)).toBeUndefined()
  })
})

describe('a hook script', () => {
  it('is a file in a folder of snippets, and nothing that leads elsewhere', async () => {
    const {place, context} = await room()
    await perform(['pvesm', 'set', 'local', '--content', 'images,snippets,iso'], context)
    const snippets = join(place.root, 'lib/vz/snippets')
    mkdirSync(snippets, {recursive: true})
    mkdirSync(join(place.root, 'lib/vz/template/iso'), {recursive: true})
    mkdirSync(join(snippets, 'folder'))
    writeFileSync(join(place.root, 'outside.sh'), '#!/bin/sh\n', {mode: 0o755})
    writeFileSync(join(place.root, 'lib/vz/template/iso/x.iso'), '#!/bin/sh\n', {mode: 0o755})
    writeFileSync(join(snippets, 'good.sh'), '#!/bin/sh\nexit 0\n', {mode: 0o755})
    symlinkSync('/nowhere', join(snippets, 'gone.sh'))
    const before = await storedConfig(100, context)
    for (const script of [
      '/bin/sh', 'local:/bin/sh', 'local:snippets/../../../outside.sh', 'local:snippets/gone.sh', 'local:snippets/folder', 'local:iso/x.iso', 'local:snippets/none.sh', 'local:snippets/', 'good.sh', '-x',
      'local:snippets/good.sh\nargs: -x', 'local:snippets/good.sh -x', 'far:snippets/good.sh', 'local:100/vm-100-disk-0.raw',
    ]) await refusalOf(['qm', 'set', '100', `--hookscript=${script}`], context)
    expect(await storedConfig(100, context)).toBe(before)
    await perform(['qm', 'set', '100', '--hookscript', 'local:snippets/good.sh'], context)
  })
})
