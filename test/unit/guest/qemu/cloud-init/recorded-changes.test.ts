// The section [special:cloudinit] as Proxmox VE keeps it: old values of what changed, names of what is new.
import {describe, expect, it} from 'vitest'
import {cloudInitEntries, withRecordedChanges} from '../../../../../src/lib/guest/qemu/cloud-init/index.ts'
import type {GuestConfig} from '../../../../../src/lib/guest/guest-config.ts'

const drive = {ide2: 'local:100/vm-100-cloudinit.qcow2,media=cdrom'}
const config = (values: Readonly<Record<string, string>>, special: GuestConfig['special'] = {}): GuestConfig => ({current: {values}, pending: {}, pendingDelete: {}, snapshots: {}, special})

/** One change after the other. */
function after(...states: readonly Readonly<Record<string, string>>[]): GuestConfig {
  return states.slice(1).reduce((before, values) => withRecordedChanges(before, config(values, before.special)), config(states[0] ?? {}))
}
const record = ({special}: GuestConfig) => special['special:cloudinit']?.values

describe('changes since the drive was written', () => {
  it('are the old values of what is different, and the names of what is new', () => {
    const changed = after({...drive, name: 'a', ciuser: 'joe', memory: '512'}, {...drive, name: 'b', sshkeys: 'k', memory: '1024'})
    expect(record(changed)).toEqual({added: 'sshkeys', ciuser: 'joe', name: 'a'})
    expect(cloudInitEntries(changed)).toEqual([{key: 'ciuser', value: 'joe', isDeleted: true}, {key: 'name', value: 'a', pending: 'b'}, {key: 'sshkeys', pending: 'k'}])
  })

  it('keep the value of the drive through several changes, and are gone when it is the same again', () => {
    expect(record(after({...drive, name: 'a'}, {...drive, name: 'b'}, {...drive, name: 'c'}))).toEqual({name: 'a'})
    expect(record(after({...drive, name: 'a'}, {...drive, name: 'b'}, {...drive, name: 'a'}))).toBeUndefined()
    expect(record(after({...drive}, {...drive, ciuser: 'x'}, {...drive, ciuser: 'y'}))).toEqual({added: 'ciuser'})
    expect(record(after({...drive}, {...drive, ciuser: 'x'}, {...drive}))).toBeUndefined()
  })

  it('of a network card are those of its address', () => {
    expect(record(after({...drive, net0: 'virtio=BC:24:11:00:00:01'}, {...drive, net0: 'virtio=BC:24:11:00:00:01,rate=5'}))).toBeUndefined()
    expect(record(after({...drive, net0: 'virtio=BC:24:11:00:00:01'}, {...drive, net0: 'virtio=BC:24:11:00:00:02'}))).toEqual({net0: 'virtio=BC:24:11:00:00:01'})
  })

  it('are not noted without a drive, and forgotten with it', () => {
    expect(record(after({name: 'a'}, {name: 'b'}))).toBeUndefined()
    expect(record(after({name: 'a'}, {name: 'b', ...drive}))).toBeUndefined()
    expect(record(after({...drive, name: 'a'}, {...drive, name: 'b'}, {name: 'b'}))).toBeUndefined()
  })
})
