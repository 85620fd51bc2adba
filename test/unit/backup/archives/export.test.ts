// A container in a repository becomes a tar archive: the bytes that were kept, compressed as the name says. (A virtual machine: restore-from-repository.test.ts.)
import {randomBytes} from 'node:crypto'
import {readFileSync, readdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {gunzipSync} from 'node:zlib'
import {expect, it} from 'vitest'
import {catalog} from '../../../../src/lib/catalog.ts'
import {checkParams} from '../../../../src/lib/spec/index.ts'
import {runHandler} from '../../../../src/lib/tasks/index.ts'
import type {Context} from '../../../../src/lib/tasks/index.ts'
import {readJournals} from '../../../../src/lib/tasks/journal.ts'
import {keepContainer} from '../../../support/kept-container.ts'
import {tarArchive} from '../../../support/tar-archive.ts'
import {machineRoom} from '../../guest/qemu/support/run-qm.ts'

async function run(command: string, input: Readonly<Record<string, unknown>>, context: Context): Promise<unknown> {
  const entry = catalog.commands[command]
  if (entry === undefined) throw new Error(`there is no ${command}`)
  const [{spec}, {handler}] = await Promise.all([entry.spec(), entry.handler()])
  const outcome = await runHandler(handler, checkParams(spec.params, input), context)
  return outcome.outcome === 'done' ? outcome.result : undefined
}

it('a container in a repository becomes a tar archive; what is refused or damaged leaves no file', async () => {
  const place = await machineRoom()
  const context = await place.open()
  await run('pvesm add', {storage: 'kept', type: 'restic', path: join(place.root, 'repository'), password: 'a word'}, context)
  const archive = tarArchive([{name: './etc/hosts', data: 'hosts'}, {name: './large', data: randomBytes(3_000_000).toString('latin1')}])
  const volume = await keepContainer('kept', archive, context)
  const exportTo = (name: string): Promise<unknown> => run('corral backup export', {volume, file: join(place.root, name)}, context)

  expect(await run('corral backup list', {}, context)).toMatchObject([{volid: volume, vmid: 101, type: 'lxc', size: archive.length}])

  await exportTo('db.tar')
  expect(readFileSync(join(place.root, 'db.tar')).equals(archive)).toBe(true)
  await exportTo('db.tar.gz')
  expect(gunzipSync(readFileSync(join(place.root, 'db.tar.gz'))).equals(archive)).toBe(true)
  await expect(exportTo('db.tar')).rejects.toThrow(/is there already and is not overwritten/)
  await expect(exportTo('db.vma')).rejects.toThrow(/is the backup of a container: the name of the file must end in \.tar, \.tar\.gz/)

  for (const part of readdirSync(join(place.root, 'repository/data'))) {
    for (const name of readdirSync(join(place.root, 'repository/data', part))) {
      const pack = join(place.root, 'repository/data', part, name)
      const bytes = readFileSync(pack)
      if (bytes.length < 100_000) continue
      bytes[50_000] = (bytes[50_000] ?? 0) ^ 1
      writeFileSync(pack, bytes, {mode: 0o600, flag: 'r+'})
    }
  }
  await expect(exportTo('damaged.tar.zst')).rejects.toThrow(/damaged|cannot be read/)
  expect(readdirSync(place.root).filter((name) => /^(?:db|damaged)\./.test(name)).sort()).toEqual(['db.tar', 'db.tar.gz'])
  expect(await readJournals(context.store)).toEqual([])
}, 240_000)
