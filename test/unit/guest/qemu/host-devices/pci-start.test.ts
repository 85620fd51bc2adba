import {describe, expect, it} from 'vitest'
import {ConflictError, UnavailableError, systemClock} from '../../../../../src/lib/base/index.ts'
import type {Places} from '../../../../../src/lib/base/index.ts'
import {claimDevices, claimFolder, liveClaims} from '../../../../../src/lib/guest/qemu/host-devices/claims.ts'
import {choosePciDevices, gatherPciFacts, planPciSteps, releasePciDevices} from '../../../../../src/lib/guest/qemu/host-devices/index.ts'
import {bindPciDevice, createMediatedDevice} from '../../../../../src/lib/guest/qemu/host-devices/pci-driver.ts'
import {bindPci, createMdev} from '../../../../../src/lib/guest/qemu/runtime/actions/pci.ts'
import type {FakeHost} from '../../../../../src/lib/host/fake/index.ts'
import type {Step} from '../../../../../src/lib/tasks/index.ts'
import {newMemoryStoreData, openMemoryStore} from '../../../../../src/lib/store/memory/index.ts'
import {hostWithSysfs} from '../../../../support/fake-sysfs.ts'
import type {FakePciDevice} from '../../../../support/fake-sysfs.ts'

const places: Places = {stateDir: '/c/lib', runDir: '/c/run', logDir: '/c/log', root: '/c'}
const card: FakePciDevice = {address: '0000:01:00.0', vendor: '0x10de', device: '0x2231', class: '0x030000', group: 1, driver: 'nouveau'}
const sound: FakePciDevice = {...card, address: '0000:01:00.1', class: '0x040300', driver: 'snd_hda_intel'}
const bridge: FakePciDevice = {address: '0000:00:01.0', class: '0x060400', group: 1, driver: 'pcieport'}
const nic: FakePciDevice = {address: '0000:41:00.0', class: '0x020000', group: 5, driver: 'igb'}
const disk: FakePciDevice = {address: '0000:41:00.1', class: '0x010802', group: 5, driver: 'nvme'}

async function contextOf(pci: readonly FakePciDevice[], drivers: readonly string[] = ['vfio-pci']) {
  const host = await hostWithSysfs({pci, drivers})
  return {host, places, node: 'h1', store: openMemoryStore({data: newMemoryStoreData(), node: 'h1', clock: systemClock})}
}
type TestContext = Awaited<ReturnType<typeof contextOf>>

async function stepsOf(values: Record<string, string>, context: TestContext, hasVfioDriver = true): Promise<Step[]> {
  const facts = await gatherPciFacts(100, values, context)
  return planPciSteps(values, choosePciDevices(values, facts), {vmid: 100, devices: facts.devices, taken: facts.taken, hasVfioDriver})
}
const shown = (steps: readonly Step[]) => steps.map(({do: {kind, address, argv}}) => [kind, ...(typeof address === 'string' ? [address] : []), ...(argv as string[] | undefined ?? [])].join(' '))

describe('the steps that make PCI devices ready', () => {
  it('claim the device and take it and its group from their drivers, bridges apart', async () => {
    const steps = await stepsOf({hostpci0: '01:00.0'}, await contextOf([card, sound, bridge, nic]))
    expect(shown(steps)).toEqual(['qemu.claim-pci', 'qemu.bind-pci 0000:01:00.0', 'qemu.bind-pci 0000:01:00.1'])
    expect(steps[1]).toEqual({
      do: {kind: 'qemu.bind-pci', address: '0000:01:00.0', from: 'nouveau', to: 'vfio-pci'}, undo: {kind: 'qemu.bind-pci', address: '0000:01:00.0', from: 'vfio-pci', to: 'nouveau'},
    })
    expect(bindPci.describe(steps[1]?.do as Parameters<typeof bindPci.describe>[0])).toEqual([
      'echo vfio-pci >/sys/bus/pci/devices/0000:01:00.0/driver_override', 'echo 0000:01:00.0 >/sys/bus/pci/devices/0000:01:00.0/driver/unbind', 'echo 0000:01:00.0 >/sys/bus/pci/drivers_probe',
    ])
  })

  it('load the module first, and touch no device that is bound already', async () => {
    expect(shown(await stepsOf({hostpci0: '01:00.0'}, await contextOf([card], []), false))).toEqual(['qemu.claim-pci', 'run modprobe vfio-pci', 'qemu.bind-pci 0000:01:00.0'])
    expect(shown(await stepsOf({hostpci0: '01:00.0'}, await contextOf([{...card, driver: 'vfio-pci'}])))).toEqual(['qemu.claim-pci'])
  })

  it('leave a device to its driver when told so', async () => {
    expect(shown(await stepsOf({hostpci0: '01:00.0,driver=keep'}, await contextOf([card])))).toEqual(['qemu.claim-pci'])
  })

  it('make a mediated device on whatever card has one left', async () => {
    const steps = await stepsOf({hostpci1: '01:00.0,mdev=nvidia-63'}, await contextOf([{...card, mdev: {'nvidia-63': 2}}]))
    expect(shown(steps)).toEqual(['qemu.claim-pci', 'qemu.create-mdev'])
    expect(createMdev.describe(steps[1]?.do as Parameters<typeof createMdev.describe>[0])).toEqual([
      'echo 00000001-0000-0000-0000-000000000100 >/sys/bus/pci/devices/0000:01:00.0/mdev_supported_types/nvidia-63/create',
    ])
  })

  it('are not even planned without an IOMMU, and what to do is said', async () => {
    const plain: FakePciDevice = {address: card.address, driver: 'nouveau'}
    const failure: unknown = await stepsOf({hostpci0: '01:00.0'}, await contextOf([plain])).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(UnavailableError)
    expect((failure as UnavailableError).nextSteps.join(' ')).toContain('intel_iommu=on')
    await expect(stepsOf({hostpci0: '01:00.0'}, await contextOf([plain, nic]))).rejects.toThrowError(/is in no IOMMU group/)
  })

  it('take neither the disks nor the network of the host away along with a device', async () => {
    await expect(stepsOf({hostpci0: '41:00.0'}, await contextOf([nic, disk]))).rejects.toThrowError(/shares the IOMMU group 5 with 0000:41:00\.1, which the host uses \(driver nvme\)/)
    expect(shown(await stepsOf({hostpci0: '41:00'}, await contextOf([nic, disk])))).toHaveLength(3)
  })
})

describe('claims on devices', () => {
  it('are for one guest, as long as it lives', async () => {
    const context = await contextOf([card, sound])
    const lock = await context.store.lock('guest/100', {reason: 'test', timeoutMs: 1000})
    await claimDevices(100, ['0000:01:00.0'], context)
    await claimDevices(100, ['0000:01:00.0'], context)
    await expect(claimDevices(101, ['0000:01:00.0'], context)).rejects.toThrowError(/0000:01:00\.0 belongs to virtual machine 100/)
    expect([...await liveClaims(context)]).toEqual([['0000:01:00.0', 100]])
    await expect(gatherPciFacts(101, {hostpci0: '01:00.1'}, context).then(({devices, taken}) =>
      planPciSteps({hostpci0: '01:00.1'}, {hostpci0: {addresses: ['0000:01:00.1']}}, {vmid: 101, devices, taken, hasVfioDriver: true}))).rejects.toBeInstanceOf(ConflictError)
    await lock.release()
    // Nobody works on it and it does not run: it was left behind.
    expect([...await liveClaims(context)]).toEqual([])
    await claimDevices(101, ['0000:01:00.0'], context)
    await releasePciDevices(100, context)
    expect(await context.host.files.list(claimFolder(places))).toEqual(['0000:01:00.0'])
    await releasePciDevices(101, context)
    expect(await context.host.files.list(claimFolder(places))).toEqual([])
  })

  it('on a mediated device are given up with the device itself', async () => {
    const context = await contextOf([{...card, mdev: {'nvidia-63': 1}}])
    const uuid = '00000001-0000-0000-0000-000000000100'
    await claimDevices(100, [uuid], context)
    await createMediatedDevice(uuid, 'nvidia-63', ['0000:01:00.0'], context.host)
    await expect(createMediatedDevice('00000002-0000-0000-0000-000000000100', 'nvidia-63', ['0000:01:00.0'], context.host)).rejects.toThrowError(/no mediated device of the type nvidia-63 is left/)
    await expect(createMediatedDevice('00000002-0000-0000-0000-000000000100', 'i915', ['0000:01:00.0'], context.host)).rejects.toThrowError(/has no mediated devices of the type i915/)
    await releasePciDevices(100, context)
    expect(await context.host.files.list('/sys/bus/mdev/devices')).toEqual([])
  })
})

describe('drivers', () => {
  const driverOf = async (host: FakeHost, address: string) => (await host.files.realPath(`/sys/bus/pci/devices/${address}/driver`)).split('/').at(-1)

  it('change hands, there and back', async () => {
    const {host} = await contextOf([card])
    await bindPciDevice(card.address, 'vfio-pci', host)
    expect(await driverOf(host, card.address)).toBe('vfio-pci')
    await bindPciDevice(card.address, 'vfio-pci', host)
    await bindPciDevice(card.address, 'nouveau', host)
    expect(await driverOf(host, card.address)).toBe('nouveau')
    await bindPciDevice(card.address, '', host)
    expect(await host.files.stat(`/sys/bus/pci/devices/${card.address}/driver`)).toBeUndefined()
  })

  it('that do not take a device are an error', async () => {
    const {host} = await contextOf([card], [])
    await expect(bindPciDevice(card.address, 'vfio-pci', host)).rejects.toThrowError(/the driver vfio-pci did not take the PCI device 0000:01:00\.0/)
  })
})
