import {describe, expect, it} from 'vitest'
import {insertCommands, readDrivePosition, readFilterRoots, readNodeSizes, removeCommands} from '../../../../../src/lib/guest/qemu/backup/backup-nodes.ts'

const drive = {key: 'virtio0', device: '/machine/peripheral/virtio0', root: '#block105', fleecing: {driver: 'qcow2', file: {driver: 'file', filename: '/x'}}}

describe('the filter of a drive', () => {
  it('never fails a write of the guest: it breaks the view instead, also when the old blocks cannot be kept in time', () => {
    const filter = insertCommands(drive).find(({arguments: {driver}}) => driver === 'copy-before-write')
    expect(filter?.arguments).toMatchObject({file: '#block105', target: 'bf-virtio0', 'on-cbw-error': 'break-snapshot', 'cbw-timeout': 45})
  })

  it('is taken off from above to below, whatever of it there is', () => {
    const words = (present: readonly string[]) => removeCommands(drive, new Set(present)).map(({execute, arguments: args}) => `${execute} ${String(args['node-name'] ?? args['value'])}`)
    expect(words(['bt-virtio0', 'bs-virtio0', 'bc-virtio0', 'bf-virtio0'])).toEqual([
      'blockdev-del bt-virtio0', 'blockdev-del bs-virtio0', 'qom-set #block105', 'blockdev-del bc-virtio0', 'blockdev-del bf-virtio0',
    ])
    expect(words(['bf-virtio0'])).toEqual(['blockdev-del bf-virtio0'])
    expect(words([])).toEqual([])
  })

  it('stands on the node that QEMU names', () => {
    const nodes = [{id: 1, name: 'bc-virtio0'}, {id: 2, name: '#block7'}, {id: 3, name: 'bf-virtio0'}]
    expect([...readFilterRoots({nodes, edges: [{parent: 1, child: 3, name: 'target'}, {parent: 1, child: 2, name: 'file'}]})]).toEqual([['virtio0', '#block7']])
    for (const nothing of [null, 1, [], {nodes: 1, edges: [null]}]) expect([...readFilterRoots(nothing)]).toEqual([])
  })
})

describe('what QEMU says of drives', () => {
  const image = {'virtual-size': 4096}
  it('is found for backends of -drive and for trees of -blockdev', () => {
    const answer = [
      {device: 'drive-virtio0', qdev: '/machine/peripheral/virtio0/virtio-backend', inserted: {'node-name': '#block1', image}},
      {device: '', qdev: 'scsi0', inserted: {'node-name': 'drive-scsi0', image}}, {device: 'drive-ide2', qdev: 'ide2'},
    ]
    expect(readDrivePosition(answer, 'virtio0')).toEqual({device: '/machine/peripheral/virtio0', root: '#block1', sizeBytes: 4096})
    expect(readDrivePosition(answer, 'scsi0')).toEqual({device: 'scsi0', root: 'drive-scsi0', sizeBytes: 4096})
    for (const key of ['ide2', 'sata0']) expect(readDrivePosition(answer, key)).toBeUndefined()
    expect(readDrivePosition('no', 'scsi0')).toBeUndefined()
  })

  it('has the sizes of nodes', () => {
    expect([...readNodeSizes([{'node-name': 'bs-scsi0', image}, {'node-name': 'x'}, null, {'node-name': 'y', image: {'virtual-size': -1}}])]).toEqual([['bs-scsi0', 4096]])
  })
})
