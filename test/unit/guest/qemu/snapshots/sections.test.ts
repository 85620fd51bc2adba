// What snapshots are in a configuration.
import {describe, expect, it} from 'vitest'
import {formatQemuConfig, parseQemuConfig} from '../../../../../src/lib/guest/qemu/config/index.ts'
import {assertComplete, assertNameIsFree, existingSnapshot, rolledBack, withLeavingSnapshot, withNewSnapshot, withTakenSnapshot, withoutSnapshot} from '../../../../../src/lib/guest/qemu/snapshots/sections.ts'
import {listSnapshots, treeLines} from '../../../../../src/lib/guest/snapshots/tree.ts'

const mine = () => true
const taken = (text: string, name: string, timeSeconds = 1) => {
  const prepared = withNewSnapshot(parseQemuConfig(text), {name, description: undefined, timeSeconds, state: undefined})
  return formatQemuConfig(withTakenSnapshot(prepared, 100, name))
}

describe('a snapshot', () => {
  it('has the keys of the machine, without locks, unused disks and what waits', () => {
    const text = 'memory: 64\nscsi0: local:100/a.qcow2\nunused0: local:100/b.qcow2\n\n[PENDING]\nmemory: 128\n'
    expect(taken(text, 'first')).toBe(
      'memory: 64\nparent: first\nscsi0: local:100/a.qcow2\nunused0: local:100/b.qcow2\n\n[PENDING]\nmemory: 128\n\n[first]\nmemory: 64\nscsi0: local:100/a.qcow2\nsnaptime: 1\n')
  })

  it('keeps a state with what that depends on', () => {
    const state = {volume: 'local:100/vm-100-state-x.raw', machine: 'pc-i440fx-7.2', cpu: 'qemu64,+aes', netMtus: 'net0=9000'}
    expect(withNewSnapshot(parseQemuConfig('memory: 64\n'), {name: 'first', description: 'a\nb', timeSeconds: 1, state}).snapshots['first']).toEqual({
      description: 'a\nb',
      values: {
        memory: '64', snapstate: 'prepare', snaptime: '1', vmstate: 'local:100/vm-100-state-x.raw', runningmachine: 'pc-i440fx-7.2', runningcpu: 'qemu64,+aes', 'running-nets-host-mtu': 'net0=9000',
      },
    })
  })

  it.each(['current', 'CURRENT', 'pending', 'Pending'])('cannot be named %s', (name) => {
    expect(() => assertNameIsFree(parseQemuConfig(''), 100, name)).toThrow(`cannot be named '${name}'`)
  })

  it('is not there by a name that every object has', () => {
    expect(() => existingSnapshot(parseQemuConfig(''), 100, 'constructor')).toThrow("no snapshot 'constructor'")
    expect(() => assertNameIsFree(parseQemuConfig(''), 100, 'constructor')).not.toThrow()
  })

  it('that is half taken is not gone back to', () => {
    const {snapshots} = parseQemuConfig('memory: 64\n\n[first]\nsnapstate: prepare\n')
    expect(() => assertComplete(snapshots['first'] ?? {values: {}}, 100, 'first')).toThrow('not complete (prepare)')
  })
})

describe('removing a snapshot', () => {
  it('puts those that stand on it on what it stood on', () => {
    const three = taken(taken(taken('memory: 64\n', 'one'), 'two', 2), 'three', 3)
    const gone = withoutSnapshot(withLeavingSnapshot(parseQemuConfig(three), 100, 'two'), 100, 'two', mine)
    expect(gone.snapshots['three']?.values['parent']).toBe('one')
    expect(gone.current.values).toEqual({memory: '64', parent: 'three'})
    const first = withoutSnapshot(withLeavingSnapshot(gone, 100, 'one'), 100, 'one', mine)
    expect(first.snapshots['three']?.values['parent']).toBeUndefined()
  })

  it('keeps a disk that only it had as an unused one', () => {
    const config = parseQemuConfig('memory: 64\nparent: one\n\n[one]\nscsi0: local:100/a.qcow2\nsnaptime: 1\n')
    expect(withoutSnapshot(config, 100, 'one', mine).current.values).toEqual({memory: '64', unused0: 'local:100/a.qcow2'})
  })
})

describe('going back', () => {
  it('keeps the description, and disks that came later as unused ones, also those that waited', () => {
    const text = taken('memory: 64\nscsi0: local:100/a.qcow2\n', 'one')
    const later = parseQemuConfig(`#notes\n${text.replace('memory: 64\n', 'memory: 128\nscsi1: local:100/b.qcow2\n').replace('\n[one]', '\n[PENDING]\nscsi2: local:100/c.qcow2\n\n[one]')}`)
    expect(rolledBack(later, 100, 'one', mine)).toMatchObject({
      current: {description: 'notes', values: {memory: '64', parent: 'one', scsi0: 'local:100/a.qcow2', unused0: 'local:100/b.qcow2', unused1: 'local:100/c.qcow2'}}, pending: {}, pendingDelete: {},
    })
  })

  it('has a disk again that had become an unused one', () => {
    const config = parseQemuConfig('memory: 64\nunused0: local:100/a.qcow2\n\n[one]\nmemory: 64\nscsi0: local:100/a.qcow2\nsnaptime: 1\n')
    expect(rolledBack(config, 100, 'one', mine).current.values).toEqual({memory: '64', parent: 'one', scsi0: 'local:100/a.qcow2'})
  })

  it('tells the guest that time has jumped, when it wants to know', () => {
    const config = (id: string) => parseQemuConfig(`memory: 64\n\n[one]\nvmgenid: ${id}\nsnaptime: 1\n`)
    expect(rolledBack(config('aaaa'), 100, 'one', mine, () => 'bbbb').current.values['vmgenid']).toBe('bbbb')
    expect(rolledBack(config('0'), 100, 'one', mine, () => 'bbbb').current.values['vmgenid']).toBe('0')
  })
})

describe('the tree', () => {
  const now = {isRunning: false, digest: 'd'}
  const lines = (text: string) => treeLines(listSnapshots(parseQemuConfig(text), now)).map((line) => line.replace(/ {2,}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/, ' T').replace(/ {3,}You/, ' You'))

  it('of a machine without snapshots is one line', () => {
    expect(lines('memory: 64\n')).toEqual(['`-> current You are here!'])
  })

  it('shows branches, oldest first, and what is special', () => {
    expect(lines('parent: two\n\n[one]\nsnaptime: 1\n\n[other]\n#aside%0Amore\nparent: one\nsnaptime: 3\nvmstate: x:y\n\n[two]\nparent: one\nsnaptime: 2\nsnapstate: delete\n')).toEqual([
      '`-> one T', '  `-> two T  (incomplete: delete)', '    `-> current You are here!', '  `-> other T  aside (with RAM)',
    ])
  })

  it('shows every snapshot of a damaged file once', () => {
    expect(lines('parent: gone\n\n[one]\nparent: two\nsnaptime: 1\n\n[two]\nparent: one\nsnaptime: x\n').map((line) => line.trim().split(' ')[1])).toEqual(['current', 'two', 'one'])
  })
})
