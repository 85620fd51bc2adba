// The disks that hold the state of a machine's parts, in its backup: the variables of its firmware and the state of its TPM, of one that runs and of one that is off.
// With a real QEMU and a real swtpm.
import {execFileSync} from 'node:child_process'
import {mkdirSync, readFileSync, readdirSync} from 'node:fs'
import {join, resolve} from 'node:path'
import {expect, it, onTestFinished} from 'vitest'
import {catalog} from '../../../../../src/lib/catalog.ts'
import {runtimeStatus} from '../../../../../src/lib/guest/qemu/runtime/status.ts'
import {checkParams} from '../../../../../src/lib/spec/index.ts'
import {runHandler} from '../../../../../src/lib/tasks/index.ts'
import type {Context} from '../../../../../src/lib/tasks/index.ts'
import {pretendWatched} from '../support/pretend-watched.ts'
import {machineRoom, qm} from '../support/run-qm.ts'

async function vzdump(input: Readonly<Record<string, unknown>>, context: Context): Promise<void> {
  const entry = catalog.commands['vzdump']
  if (entry === undefined) throw new Error('there is no vzdump')
  const [{spec}, {handler}] = await Promise.all([entry.spec(), entry.handler()])
  await runHandler(handler, checkParams(spec.params, input), context)
}

it('the state of the firmware and of a TPM are in the archive as they are', async () => {
  const place = await machineRoom()
  const context = await place.open()
  const watch = await pretendWatched(context)
  onTestFinished(async () => {
    if (await runtimeStatus(100, context) !== undefined) await qm('stop', {vmid: 100, skiplock: true}, context)
    await watch.end()
  })
  await qm('create', {vmid: 100, kvm: false, memory: '64', vga: 'none', machine: 'q35', bios: 'ovmf', efidisk0: 'local:1,format=qcow2,efitype=4m', tpmstate0: 'local:1,version=v2.0', scsi0: 'local:0.01,format=raw'}, context)
  await qm('start', {vmid: 100}, context)
  // Standing still, so that its disks do not change meanwhile.
  await qm('suspend', {vmid: 100}, context)
  const process = await runtimeStatus(100, context)
  const [dump, images] = [join(place.root, 'lib/vz/dump'), join(place.root, 'lib/vz/images/100')]
  const expectAsItIs = (about: string) => {
    const [archive = ''] = readdirSync(dump).filter((name) => name.endsWith('.vma')).sort().slice(-1)
    const folder = join(place.root, about)
    mkdirSync(folder)
    execFileSync('python3', [resolve(import.meta.dirname, '../../../../support/vma-reader.py'), join(dump, archive), folder])
    const raw = join(folder, 'efi.raw')
    const [efi = ''] = readdirSync(images).filter((name) => name.endsWith('.qcow2'))
    execFileSync('qemu-img', ['convert', '-U', '-O', 'raw', join(images, efi), raw])
    expect(readFileSync(join(folder, 'drive-efidisk0.raw')).equals(readFileSync(raw)), about).toBe(true)
    const state = readFileSync(join(folder, 'drive-tpmstate0-backup.raw'))
    expect(readdirSync(images).filter((name) => name.endsWith('.raw')).some((name) => readFileSync(join(images, name)).equals(state)), about).toBe(true)
    expect(state.some((byte) => byte !== 0), about).toBe(true)
    expect(readFileSync(join(folder, 'qemu-server.conf'), 'utf8')).toMatch(/^#qmdump#map:tpmstate0:drive-tpmstate0-backup:local:raw:$/m)
  }
  await vzdump({vmid: '100', storage: 'local', mode: 'snapshot', compress: '0'}, context)
  expectAsItIs('while it runs')
  expect(await runtimeStatus(100, context)).toEqual(process)
  await qm('stop', {vmid: 100}, context)
  await vzdump({vmid: '100', storage: 'local', mode: 'stop', compress: '0'}, context)
  expectAsItIs('while it is off')
}, 300_000)
