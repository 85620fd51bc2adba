// How often LVM, ZFS and Ceph are asked: once for a storage, however many volumes it holds. The host only answers; each of ten storages says that it
// has ten thousand volumes.
import {describe, expect, it} from 'vitest'
import type {Host} from '../../../src/lib/host/index.ts'
import {cpuTimeMs} from '../../support/cpu-time.ts'
import {machineRoom, qm} from '../guest/qemu/support/run-qm.ts'
import {pvesmResult} from './commands/catalog.ts'

const volumesEach = 10_000
const guests = 50
const names = Array.from({length: volumesEach}, (_, index) => `vm-${100 + index % guests}-disk-${Math.floor(index / guests)}`)
const size = String(8 * 1024 ** 3)

const volumeGroup = JSON.stringify({report: [{vg: [{vg_name: 'g', vg_size: '1099511627776', vg_free: '549755813888', vg_extent_size: '4194304'}]}]})
const logicalVolumes = JSON.stringify({report: [{lv: [
  {lv_name: 'pool', lv_size: '1099511627776', lv_attr: 'twi-aotz--', lv_tags: '', lv_time: '2025-01-31 12:00:00 +0000', pool_lv: '', origin: '', data_percent: '50.00', metadata_percent: '10.00'},
  ...names.map((name) => ({lv_name: name, lv_size: size, lv_attr: 'Vwi-a-tz--', lv_tags: '', lv_time: '2025-01-31 12:00:00 +0000', pool_lv: 'pool', origin: '', data_percent: '10.00', metadata_percent: ''})),
]}]})
const datasets = names.map((name) => `tank/${name}\tvolume\t${size}\t-\t1024\t-\t1738324800`).join('\n')
const rbdImages = JSON.stringify(names.map((image) => ({image, size: Number(size), format: 2})))
const space = JSON.stringify({pools: [{name: 'rbd', stats: {stored: 1024, max_avail: 1024 ** 4}}]})

const answers: Readonly<Record<string, string>> = {
  'vgs': volumeGroup, 'lvs': logicalVolumes, 'zfs list': datasets, 'zfs get': 'available\t1099511627776\nused\t1024\n', 'ceph df': space, 'rbd ls': rbdImages, 'rbd namespace': '[]',
}

const storageCfg = [
  ...[1, 2, 3].map((n) => `lvm: lvm${n}\n\tvgname g${n}\n\tcontent images\n`), ...[1, 2, 3].map((n) => `lvmthin: thin${n}\n\tvgname t${n}\n\tthinpool pool\n\tcontent images\n`),
  ...[1, 2].map((n) => `zfspool: tank${n}\n\tpool tank\n\tcontent images\n`), ...[1, 2].map((n) => `rbd: ceph${n}\n\tpool rbd\n\tcontent images\n`),
].join('\n')

async function tenStorages() {
  const place = await machineRoom()
  const real = await place.open()
  const asked: string[] = []
  const host: Host = {...real.host, run: async (argv) => {
    const words = argv.filter((word) => !word.startsWith('-') && !word.includes('/'))
    const [, stdout] = Object.entries(answers).find(([call]) => call.split(' ').every((word) => words.includes(word))) ?? []
    if (stdout === undefined) throw new Error(`nobody expected ${argv.join(' ')}`)
    asked.push(argv.join(' '))
    return {stdout, stderr: '', exitCode: 0}
  }}
  await real.store.commit({put: {'storage.cfg': storageCfg}})
  return {context: {...real, host}, asked}
}

describe('ten storages of ten thousand volumes', () => {
  it('are asked once each by pvesm status', async () => {
    const {context, asked} = await tenStorages()
    const rows = await pvesmResult('status', {}, context) as readonly {storage: string; active: number}[]
    expect(rows.filter(({storage, active}) => storage !== 'local' && active === 1)).toHaveLength(10)
    expect(asked).toHaveLength(10)
  })

  it('are asked once by pvesm list, of all and of one guest', async () => {
    const {context, asked} = await tenStorages()
    for (const storage of ['lvm1', 'thin1', 'tank1', 'ceph1']) {
      for (const [params, count] of [[{}, volumesEach], [{vmid: 100}, volumesEach / guests]] as const) {
        asked.length = 0
        expect(await pvesmResult('list', {storage, ...params}, context), storage).toHaveLength(count)
        expect(asked, storage).toHaveLength(1)
      }
    }
  })

  it('are asked a few times by qm disk rescan and by qm list not at all', async () => {
    const {context, asked} = await tenStorages()
    await context.store.commit({put: Object.fromEntries(Array.from({length: guests}, (_, index) => [`nodes/h1/qemu-server/${100 + index}.conf`, 'cores: 1\nscsi0: lvm1:vm-100-disk-0,size=8G\n']))})
    await qm('list', {}, context)
    expect(asked).toEqual([])
    const before = cpuTimeMs()
    await qm('disk rescan', {vmid: 100, dryrun: true}, context)
    // Whether it is there, and what is in it.
    expect(asked.length).toBeLessThanOrEqual(20)
    expect(cpuTimeMs() - before).toBeLessThan(10_000)
  }, 60_000)
})
