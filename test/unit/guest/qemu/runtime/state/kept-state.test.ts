// States of running machines: how large, where, and what a start from one needs.
import {describe, expect, it} from 'vitest'
import {assertStateCanBeKept, keptState, stateSizeBytes, stateStorage, valuesForState} from '../../../../../../src/lib/guest/qemu/runtime/state/kept-state.ts'
import {settingsIn} from '../../../../../../src/lib/guest/qemu/runtime/state/running-machine.ts'
import {withState, withoutState} from '../../../../../../src/lib/guest/qemu/runtime/state/sections.ts'
import {parseQemuConfig} from '../../../../../../src/lib/guest/qemu/config/index.ts'
import {machineRoom} from '../../support/run-qm.ts'

const mib = 1024 * 1024

describe('a state', () => {
  it('is twice as large as the memory, and its devices', () => {
    expect(stateSizeBytes({memory: '2048'})).toBe((4096 + 500) * mib)
    expect(stateSizeBytes({})).toBe((1024 + 500) * mib)
  })

  it.each(['hostpci0', 'virtiofs1', 'amd-sev', 'intel-tdx'])('is not kept of a machine with %s', (key) => {
    expect(() => assertStateCanBeKept({[key]: 'x'}, 100)).toThrow(key)
  })

  it('lies where it is asked for, else where the configuration says, else on a storage of a disk: a shared one first', async () => {
    const context = await (await machineRoom()).open()
    const section = (name: string, shared: boolean) => `dir: ${name}\n\tpath /x/${name}\n\tcontent images\n${shared ? '\tshared 1\n' : ''}\n`
    await context.store.commit({put: {'storage.cfg': section('here', false) + section('there', true)}})
    const disks = {scsi0: 'here:100/vm-100-disk-0.qcow2', scsi1: 'there:100/vm-100-disk-1.qcow2', ide2: 'cds:iso/x.iso,media=cdrom'}
    expect(await stateStorage('asked', {...disks, vmstatestorage: 'said'}, context)).toBe('asked')
    expect(await stateStorage(undefined, {...disks, vmstatestorage: 'said'}, context)).toBe('said')
    expect(await stateStorage(undefined, disks, context)).toBe('there')
    expect(await stateStorage(undefined, {scsi0: disks.scsi0}, context)).toBe('here')
    expect(await stateStorage(undefined, {}, context)).toBe('local')
  })
})

describe('a start from a state', () => {
  it('has the board of that time with the options of the configuration, and the cards are told what they were', () => {
    const values = {machine: 'q35,viommu=intel', net0: 'virtio=AA:BB:CC:DD:EE:FF,bridge=vmbr0,mtu=1', net1: 'e1000=AA:BB:CC:DD:EE:FE,bridge=vmbr0'}
    expect(valuesForState(values, {machine: 'pc-q35-7.2', netMtus: 'net0=9000,net7=1500'})).toEqual({
      ...values, machine: 'pc-q35-7.2,viommu=intel', net0: 'virtio=AA:BB:CC:DD:EE:FF,bridge=vmbr0,mtu=9000',
    })
    expect(valuesForState({}, {machine: 'pc-i440fx-7.2'})).toEqual({machine: 'pc-i440fx-7.2'})
  })

  it('knows the processor and the cards from the command line', () => {
    const argv = ['/usr/bin/qemu', '-cpu', 'qemu64,+aes', '-device', 'virtio-net-pci,mac=x,id=net0,host_mtu=1500', '-device', 'e1000,id=net1', '-device', 'virtio-net-pci,host_mtu=9000,id=net12']
    expect(settingsIn(argv)).toEqual({cpu: 'qemu64,+aes', netMtus: 'net0=1500,net12=9000'})
    expect(settingsIn(['/usr/bin/qemu'])).toEqual({cpu: undefined, netMtus: undefined})
  })

  it('is read from a section', () => {
    expect(keptState({vmstate: 'a:b', runningmachine: 'pc-i440fx-7.2', runningcpu: 'max', 'running-nets-host-mtu': 'net0=1'})).toEqual({volume: 'a:b', machine: 'pc-i440fx-7.2', cpu: 'max', netMtus: 'net0=1'})
    expect(keptState({memory: '64'})).toBeUndefined()
  })
})

describe('a suspension', () => {
  it('comes and goes in the configuration', () => {
    const config = parseQemuConfig('memory: 64\n')
    const suspended = withState(config, {volume: 'a:b', machine: 'pc-i440fx-7.2', cpu: 'max'}, 'suspended')
    expect(suspended.current.values).toEqual({memory: '64', lock: 'suspended', vmstate: 'a:b', runningmachine: 'pc-i440fx-7.2', runningcpu: 'max'})
    expect(withoutState(suspended)).toEqual(config)
    expect(withoutState(parseQemuConfig('lock: backup\nvmstate: a:b\n')).current.values).toEqual({lock: 'backup'})
  })
})
