import {describe, expect, it} from 'vitest'
import {machineRoom, outcomeOf, qm} from '../support/run-qm.ts'

const writes = '# an ISO image with the settings for cloud-init'

describe('a rollback that starts the machine', () => {
  it('writes its drive for cloud-init with the settings that are in force again', async () => {
    const context = await (await machineRoom()).open()
    await qm('create', {vmid: 100, scsi0: 'local:0.01,format=qcow2', ide2: 'local:cloudinit', ciuser: 'joe', kvm: false}, context)
    await qm('snapshot', {vmid: 100, snapname: 'before'}, context)
    const lines = async (params: Readonly<Record<string, unknown>>) => {
      const planned = await outcomeOf('rollback', {vmid: 100, snapname: 'before', ...params}, context, {dryRun: true})
      return planned.outcome === 'planned' ? planned.lines : []
    }
    const started = await lines({start: true})
    const written = started.indexOf(writes)
    expect(written).toBeGreaterThanOrEqual(0)
    expect(started.findIndex((line) => line.includes('qemu-system-'))).toBeGreaterThan(written)
    expect(await lines({})).not.toContain(writes)
  }, 60_000)
})
