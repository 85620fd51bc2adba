// What QEMU is told when a disk of a running machine goes on in a new file, for both ways of giving QEMU its drives.
import {describe, expect, it} from 'vitest'
import type {ImageOptions} from '../../../../../src/lib/guest/qemu/snapshots/chains/nodes.ts'
import {activeImage, chainNodes, isChainNodeOf, nodesOfOverlay, overlayCommand, readBlockNodes, settleCommands, switchCommand} from '../../../../../src/lib/guest/qemu/snapshots/chains/nodes.ts'

const paths = {disk: '/c/vm-100-disk-0.qcow2', overlay: '/c/.vm-100-disk-0.qcow2.new', snapshot: '/c/snap-a-vm-100-disk-0.qcow2'}
const nodes = chainNodes('scsi0', '00ff00')
const image: ImageOptions = {
  driver: 'qcow2', 'node-name': 'f1', 'read-only': false, discard: 'unmap', 'detect-zeroes': 'unmap', cache: {direct: true},
  file: {driver: 'file', 'node-name': 'e1', filename: paths.disk, aio: 'io_uring', cache: {direct: true}},
}
const named = (name: string, drv: string, ro: boolean, file: string) => ({'node-name': name, drv, ro, file})

describe('the image that a guest writes to', () => {
  const over = JSON.stringify({driver: 'qcow2', file: {driver: 'file', filename: paths.disk}, backing: {driver: 'qcow2'}})
  it.each([
    ['of a drive', [named('#block1', 'qcow2', false, paths.disk), named('#block0', 'file', false, paths.disk)], '#block1'],
    ['below a throttle', [named('drive-scsi0', 'throttle', false, `json:${over}`), named('f1', 'qcow2', false, paths.disk)], 'f1'],
    ['after a snapshot', [named(nodes.below, 'qcow2', true, paths.snapshot), named(nodes.overlay, 'qcow2', false, `json:${over}`)], nodes.overlay],
    ['of another disk', [named('f2', 'qcow2', false, '/c/vm-100-disk-1.qcow2')], undefined],
    ['that only backups read', [named('f1', 'qcow2', true, paths.disk)], undefined],
  ])('%s is found by its file', (_, answer, name) => {
    expect(activeImage(readBlockNodes(answer), paths)?.name).toBe(name)
  })

  it('is of the drive whose key its name holds', () => {
    expect(nodesOfOverlay('co-scsi0-00ff00', 'scsi0')).toEqual(nodes)
    expect([nodesOfOverlay('co-scsi01-00ff00', 'scsi0'), nodesOfOverlay('f1', 'scsi0'), isChainNodeOf('cs-scsi0-00ff00', 'scsi0'), isChainNodeOf('cs-scsi01-00ff00', 'scsi0')]).toEqual([undefined, undefined, true, false])
    expect(Object.values<string>({...chainNodes('virtio15', 'ffffff')}).every((name) => name.length <= 31)).toBe(true)
  })
})

describe('a snapshot', () => {
  it('is a new image, which all disks go on in at one moment', () => {
    expect(overlayCommand(image, paths.overlay, nodes).arguments).toEqual({
      driver: 'qcow2', 'node-name': nodes.overlay, 'read-only': false, discard: 'unmap', 'detect-zeroes': 'unmap', cache: {direct: true}, backing: null,
      file: {driver: 'file', filename: paths.overlay, aio: 'io_uring', cache: {direct: true}},
    })
    expect(switchCommand([{node: '#block1', overlay: nodes.overlay}]).arguments).toEqual({actions: [{type: 'blockdev-snapshot', data: {node: '#block1', overlay: nodes.overlay}}]})
  })

  const shown = (present: readonly string[]) => settleCommands(image, paths, nodes, new Set(present)).map(({execute, arguments: args}) => {
    const {options: [options] = []} = args as {options?: Readonly<Record<string, unknown>>[]}
    return options === undefined ? `${execute} ${String(args['node-name'])}` : `${execute} ${String(options['file'])} on ${String(options['backing'])}`
  })
  const last = [`blockdev-reopen ${nodes.file} on ${nodes.below}`, `blockdev-del ${nodes.passing}`]

  it('has its files by their right names, over a node that takes no lock', () => {
    expect(shown([nodes.overlay])).toEqual([`blockdev-add ${nodes.below}`, `blockdev-add ${nodes.passing}`, `blockdev-reopen ${nodes.passing} on ${nodes.below}`, `blockdev-add ${nodes.file}`, ...last])
    const [below, passing] = settleCommands(image, paths, nodes, new Set())
    expect(below?.arguments).toMatchObject({'read-only': true, file: {filename: paths.snapshot}})
    expect(passing?.arguments).toMatchObject({filename: paths.disk, locking: 'off'})
  })

  it('is gone on with from where it was left', () => {
    expect(shown([nodes.below])).toEqual([`blockdev-add ${nodes.passing}`, `blockdev-reopen ${nodes.passing} on ${nodes.below}`, `blockdev-add ${nodes.file}`, ...last])
    expect(shown([nodes.below, nodes.passing, nodes.file])).toEqual(last)
  })
})
