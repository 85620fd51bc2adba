// Containers on images of Ceph that are devices of the kernel (krbd): an image that is still a device cannot be removed, so whoever takes a creation back, or removes a
// container, gives the device back first. The kernel's part is played by loop devices (test/support/rbd-devices.py); with the kernel itself it is tried in the lab.
import {join} from 'node:path'
import {afterAll, beforeAll, beforeEach, describe, expect, it, vi} from 'vitest'
import type {Context} from '../../../../../src/lib/tasks/index.ts'
import {readJournals} from '../../../../../src/lib/tasks/journal.ts'
import {writeTemplate} from '../../../../support/container-template.ts'
import type {PoolOfDevices} from '../../../../support/rbd-devices.ts'
import {poolOfDevices, whyNoPoolOfDevices} from '../../../../support/rbd-devices.ts'
import type {Installation} from '../../../tasks/demo/installation.ts'
import {machineRoom} from '../../qemu/support/run-qm.ts'
import type {Params} from '../support/kill-everywhere.ts'
import {killEverywhere, pct} from '../support/kill-everywhere.ts'

const made: Params = {vmid: 200, ostemplate: 'local:vztmpl/small.tar.gz', rootfs: 'ceph:0.02', unprivileged: '0'}
const limitMs = 300_000

const why = whyNoPoolOfDevices()
if (why !== undefined) console.log(`containers on images of the kernel: skipped, because ${why}`)

describe.skipIf(why !== undefined)('a container on an image that the kernel opens', () => {
  let pool: PoolOfDevices
  beforeAll(() => {
    pool = poolOfDevices()
    vi.stubEnv('PATH', pool.path)
  })
  beforeEach(() => {
    pool.replace('mkfs.ext4', undefined)
    pool.empty()
  })
  afterAll(() => {
    vi.unstubAllEnvs()
    pool.close()
  })

  async function withPool(place: Installation, context: Context): Promise<void> {
    writeTemplate(join(place.root, 'lib/vz/template/cache/small.tar.gz'))
    await context.store.commit({put: {'storage.cfg': `dir: local\n\tpath ${join(place.root, 'lib/vz')}\n\tcontent rootdir,images,vztmpl\n\n${pool.section}`}})
  }

  async function emptyRoom(): Promise<Context> {
    const place = await machineRoom()
    const context = await place.open()
    await withPool(place, context)
    return context
  }

  it('is taken back whole when its file system cannot be made', async () => {
    const context = await emptyRoom()
    pool.replace('mkfs.ext4', '#!/bin/sh\necho "mkfs.ext4: no" >&2\nexit 1\n')
    await expect(pct('create', made, context)).rejects.toMatchObject({kind: 'tool', message: expect.stringContaining('mkfs.ext4') as string})
    expect([pool.images(), pool.mapped(), await readJournals(context.store), await context.store.list('vmids')]).toEqual([[], [], [], []])
  }, limitMs)

  it('is removed, although its image is still a device', async () => {
    const context = await emptyRoom()
    await pct('create', made, context)
    expect(pool.images()).toEqual(['vm-200-disk-0'])
    await pct('destroy', {vmid: 200}, context)
    expect([pool.images(), pool.mapped()]).toEqual([[], []])
  }, limitMs)

  it('leaves nothing when its creation is killed after a step', async () => {
    const kills = await killEverywhere({
      what: 'STEP', command: 'create', params: made, vmids: [200],
      before: async (place, context) => {
        pool.empty()
        await withPool(place, context)
      },
      afterwards: async (_place, context) => {
        expect([pool.images(), pool.mapped(), await context.store.list('vmids')]).toEqual([[], [], []])
      },
    })
    expect(kills).toBeGreaterThanOrEqual(3)
  }, limitMs)
})
