// A storage that hangs never hangs a command: a folder on a file system that never answers, and lvm2 that does not come back. The others go on.
import {join} from 'node:path'
import {describe, expect, it} from 'vitest'
import type {Host} from '../../../src/lib/host/index.ts'
import {deadMount, missingForDeadMount} from '../../support/dead-mount.ts'
import {machineRoom, qm} from '../../unit/guest/qemu/support/run-qm.ts'
import {pvesm, pvesmResult} from '../../unit/storage/commands/catalog.ts'

/** Each look is given up after 5 s; a loaded machine is slow in everything else. */
const limitMs = 60_000

interface Row { readonly storage: string; readonly active: number }

const reason = missingForDeadMount()

describe('a storage that hangs', () => {
  it.skipIf(reason !== undefined)(`is shown as inactive and refused by name, on a file system that never answers${reason === undefined ? '' : ` (not tried: ${reason})`}`, async () => {
    const place = await machineRoom()
    const context = await place.open()
    const path = join(place.root, 'dead')
    const dead = await deadMount(path)
    try {
      // More of them than Node has threads for calls into file systems.
      const names = ['dead1', 'dead2', 'dead3', 'dead4', 'dead5']
      await context.store.commit({put: {
        'storage.cfg': `${names.map((name) => `dir: ${name}\n\tpath ${path}/${name}\n\tcontent images\n`).join('\n')}\ndir: local\n\tpath ${place.root}/lib/vz\n\tcontent images\n`,
        'nodes/h1/qemu-server/100.conf': 'kvm: 0\nmemory: 64\nscsi0: dead1:100/vm-100-disk-0.raw,size=8M\n',
      }})
      const rows = await pvesmResult('status', {}, context) as readonly Row[]
      expect(rows.map(({storage, active}) => [storage, active])).toEqual([...names.map((name) => [name, 0]), ['local', 1]])
      expect(place.lines.filter((line) => /WARN: storage 'dead\d' does not answer/.test(line))).toHaveLength(5)
      const refusal = {kind: 'unavailable', message: expect.stringContaining("storage 'dead1' does not answer") as string}
      await Promise.all([
        expect(pvesmResult('list', {storage: 'dead1'}, context)).rejects.toMatchObject(refusal),
        expect(pvesm('alloc', {storage: 'dead1', vmid: 100, filename: '', size: '1M'}, context)).rejects.toMatchObject(refusal),
        expect(qm('start', {vmid: 100}, context)).rejects.toThrow(/storage 'dead1' does not answer/),
        expect(qm('list', {}, context)).resolves.toHaveLength(1),
      ])
      // The others are as quick as ever.
      await pvesm('alloc', {storage: 'local', vmid: 100, filename: '', size: '1M'}, context)
    } finally {
      dead.close()
    }
  }, limitMs)

  it('is shown as inactive and refused by name, when lvm2 does not come back', async () => {
    const place = await machineRoom()
    const real = await place.open()
    // lvm2 waits for a disk; it is given up as ever, only sooner.
    const host: Host = {...real.host, run: (argv, options) => argv[0] === 'vgs' || argv[0] === 'lvs' ? real.host.run(['sleep', '1000'], {...options, timeoutMs: 300}) : real.host.run(argv, options)}
    const context = {...real, host}
    await context.store.commit({put: {'storage.cfg': 'lvm: vg\n\tvgname vg0\n\tcontent images\n\nlvmthin: thin\n\tvgname vg0\n\tthinpool pool\n\tcontent images\n'}})
    const rows = await pvesmResult('status', {}, context) as readonly Row[]
    expect(rows.map(({storage, active}) => [storage, active])).toEqual([['local', 1], ['thin', 0], ['vg', 0]])
    expect(place.lines.filter((line) => line.includes('does not answer: lvm2 hangs'))).toHaveLength(2)
    for (const storage of ['vg', 'thin']) {
      const refusal = {kind: 'unavailable', message: expect.stringContaining(`storage '${storage}' does not answer`) as string}
      await expect(pvesmResult('list', {storage}, context)).rejects.toMatchObject(refusal)
      await expect(pvesm('alloc', {storage, vmid: 100, filename: '', size: '1M'}, context)).rejects.toMatchObject(refusal)
    }
  }, limitMs)
})
