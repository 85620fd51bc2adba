import {mkdir, readdir, utimes, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {expect, it} from 'vitest'
import {leftoversCheck} from '../../../src/lib/storage/leftovers-check.ts'
import {installation} from '../tasks/demo/installation.ts'
import {pvesm, storageCatalog} from './commands/catalog.ts'

const left = `.corral-${process.pid}-1-${'a'.repeat(18)}.tmp`

it('the doctor finds what a killed process was writing, on storages that are in use, when no other host can be at it', async () => {
  const place = await installation({catalog: storageCatalog})
  const context = await place.open()
  const images = join(place.root, 'lib/vz/images/100')
  await mkdir(images, {recursive: true})
  for (const name of [left, left.replace('a', 'b')]) await writeFile(join(images, name), '')
  await utimes(join(images, left), 1, 1)
  const path = join(images, left)
  expect(await leftoversCheck.find(context)).toEqual([
    {what: `The file ${path} on storage 'local' is left of a write whose process is gone.`, repair: [{kind: 'file.remove', path}]},
  ])
  await pvesm('set', {storage: 'local', disable: true}, context)
  expect(await leftoversCheck.find(context)).toEqual([])
})

it('the folder of a guest goes with its last disk although such a file lies in it', async () => {
  const place = await installation({catalog: storageCatalog})
  const context = await place.open()
  const images = join(place.root, 'lib/vz/images')
  for (const name of ['vm-100-disk-0.raw', 'vm-100-disk-1.raw']) await pvesm('alloc', {storage: 'local', vmid: 100, filename: name, size: '1M'}, context)
  await writeFile(join(images, '100', left), '')
  await pvesm('free', {volume: 'local:100/vm-100-disk-0.raw'}, context)
  expect(await readdir(join(images, '100'))).toEqual([left, 'vm-100-disk-1.raw'])
  await pvesm('free', {volume: 'local:100/vm-100-disk-1.raw'}, context)
  expect(await readdir(images)).toEqual([])
})
