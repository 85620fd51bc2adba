import {describe, expect, it} from 'vitest'
import {argumentsOf, deviceOf, valuesOf} from './guest-input.ts'
import type {HostChanges} from './guest-input.ts'

async function cpu(values: Readonly<Record<string, string>>, host: HostChanges = {}): Promise<{text: string | undefined; warnings: readonly string[]}> {
  const {argv, warnings} = await argumentsOf(values, host)
  return {text: valuesOf(argv, '-cpu')[0], warnings}
}

describe('the CPU', () => {
  it.each([
    [{}, 'kvm64,enforce,+kvm_pv_eoi,+kvm_pv_unhalt,+lahf_lm,+sep'],
    [{kvm: '0'}, 'qemu64'],
    [{cpu: 'host'}, 'host,+kvm_pv_eoi,+kvm_pv_unhalt'],
    [{cpu: 'host,hidden=1'}, 'host,kvm=off,+kvm_pv_eoi,+kvm_pv_unhalt'],
    [{cpu: 'EPYC', kvm: '0'}, 'EPYC,vendor=AuthenticAMD'],
    [{cpu: 'Icelake-Client', kvm: '0'}, 'Icelake-Server,vendor=GenuineIntel'],
    [{cpu: 'x86-64-v2', kvm: '0'}, 'qemu64,+pni,+popcnt,+sse4.1,+sse4.2,+ssse3'],
    [{cpu: 'Opteron_G5', kvm: '0', ostype: 'solaris'}, 'Opteron_G5,-rdtscp,vendor=AuthenticAMD,-x2apic'],
    [{cpu: 'max,phys-bits=host,guest-phys-bits=40', kvm: '0'}, 'max,guest-phys-bits=40,host-phys-bits=true'],
    [{cpu: 'qemu64,flags=+nested-virt;+aes', kvm: '0'}, 'qemu64,+aes,+vmx'],
  ])('%j is %s', async (values, text) => {
    expect(await cpu(values)).toEqual({text, warnings: []})
  })

  it('gets enlightenments for Windows, fewer for old ones', async () => {
    expect((await cpu({ostype: 'win10'})).text).toContain('hv_ipi,hv_relaxed,hv_reset,hv_runtime,hv_spinlocks=0x1fff,hv_stimer,hv_synic,hv_time,hv_vapic,hv_vpindex')
    expect((await cpu({ostype: 'w2k8'})).text).not.toContain('hv_relaxed')
    expect((await cpu({ostype: 'wxp'})).text).not.toContain('hv_')
    expect((await cpu({ostype: 'win7', bios: 'ovmf'})).text).not.toContain('hv_')
    expect((await cpu({ostype: 'win10', kvm: '0'})).text).not.toContain('hv_')
    expect((await cpu({ostype: 'win10', cpu: 'host,hv-vendor-id=proxmox'})).text).toContain('hv_vendor_id=proxmox')
  })

  it('passes on flags that are new in QEMU 11 only there', async () => {
    const values = {ostype: 'win11', cpu: 'host', machine: 'q35', meta: 'creation-qemu=11.0.0'}
    expect((await cpu(values, {qemuVersion: '10.0.8'})).text).not.toMatch(/cet-|evmcs/)
    expect((await cpu({...values, machine: 'pc-q35-11.0+pve2'}, {qemuVersion: '11.0.1'})).text).toContain('host,-cet-ibt,-cet-ss,hv_evmcs')
    expect((await cpu({...values, machine: 'pc-q35-11.0+pve2'}, {qemuVersion: '11.0.1', cpuVendor: 'AuthenticAMD'})).text).not.toContain('hv_evmcs')
  })

  it('warns where settings contradict each other, and where nested virtualisation is not to be had', async () => {
    const customCpuModels = {mine: {'reported-model': 'athlon', flags: '-kvm_pv_unhalt;+avx'}}
    const custom = await cpu({cpu: 'custom-mine'}, {customCpuModels})
    expect(custom.text).toBe('athlon,+avx,enforce,+kvm_pv_eoi,-kvm_pv_unhalt,vendor=AuthenticAMD')
    expect(custom.warnings).toEqual([expect.stringContaining('\'-kvm_pv_unhalt\' (of the custom CPU model) overrides \'+kvm_pv_unhalt\'')])
    expect((await cpu({cpu: 'qemu64,flags=+nested-virt', kvm: '0'}, {nestedFlag: undefined})).warnings).toEqual([expect.stringContaining('nested-virt')])
  })

  it.each([
    [{cpu: 'pentium9'}, /no CPU model 'pentium9'/], [{cpu: 'custom-none'}, /no custom CPU model 'none'/], [{cpu: 'custom-constructor'}, /no custom CPU model/],
    [{cpu: 'host', kvm: '0'}, /needs KVM/], [{cpu: 'kvm32', bios: 'ovmf'}, /64-bit CPU/],
  ])('refuses %j', async (values, message) => {
    await expect(argumentsOf(values)).rejects.toThrowError(message)
  })

  it('are devices with CPU hotplug', async () => {
    const {argv} = await argumentsOf({hotplug: 'cpu', sockets: '2', cores: '2', vcpus: '3', cpu: 'x86-64-v2-AES'})
    expect(valuesOf(argv, '-smp')).toEqual(['1,sockets=2,cores=2,maxcpus=4'])
    expect(deviceOf(argv, 'cpu2')).toBe('qemu64-x86_64-cpu,id=cpu2,socket-id=0,core-id=1,thread-id=0')
    expect(deviceOf(argv, 'cpu3')).toBe('qemu64-x86_64-cpu,id=cpu3,socket-id=1,core-id=0,thread-id=0')
    expect(deviceOf(argv, 'cpu4')).toBeUndefined()
  })
})

describe('memory', () => {
  it('is split over sockets, or as the configuration says', async () => {
    const even = (await argumentsOf({memory: '1024', numa: '1', sockets: '2', cores: '2'})).argv
    expect(valuesOf(even, '-numa')).toEqual(['node,nodeid=0,cpus=0-1,memdev=ram-node0', 'node,nodeid=1,cpus=2-3,memdev=ram-node1'])
    const own = (await argumentsOf({memory: '768', numa: '1', numa0: 'cpus=0,memory=512,hostnodes=0;2-3,policy=bind', numa1: 'cpus=1,memory=256', cores: '2'})).argv
    expect(valuesOf(own, '-object').slice(0, 2)).toEqual(['memory-backend-ram,id=ram-node0,size=512M,host-nodes=0,host-nodes=2-3,policy=bind', 'memory-backend-ram,id=ram-node1,size=256M'])
  })

  it.each([
    [{memory: '1024', numa: '1', numa0: 'cpus=0,memory=512'}, /512 MiB in all, the guest 1024/],
    [{memory: '512', numa: '1', numa0: 'cpus=0,memory=512,hostnodes=0'}, /no policy/],
    [{memory: '2048', hotplug: 'memory'}, /needs numa/],
    [{memory: '512', hotplug: 'memory', numa: '1'}, /at least 1024 MiB/],
    [{memory: '600000', hotplug: 'memory', numa: '1'}, /can address 524288 MiB/],
    [{memory: '2048', hotplug: 'memory', numa: '1', numa0: 'cpus=0,memory=2048'}, /NUMA nodes of your own/],
    [{memory: '15'}, /memory/], [{memory: '-1'}, /memory/], [{memory: '1e9'}, /memory/], [{memory: '0x200'}, /memory/], [{memory: '9007199254740993'}, /memory/],
  ])('refuses %j', async (values, message) => {
    await expect(argumentsOf(values)).rejects.toThrowError(message)
  })

  it('has modules that grow with the memory', async () => {
    const {argv} = await argumentsOf({memory: `${1024 + 32 * 512 + 1024}`, hotplug: 'memory', numa: '1'})
    const sizes = valuesOf(argv, '-object').filter(object => object.includes('mem-dimm')).map(object => object.split('size=')[1])
    expect(sizes).toEqual([...Array.from({length: 32}, () => '512M'), '1024M'])
  })
})
