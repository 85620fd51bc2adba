// What a start does with PCI devices of the host: claim them, give them to vfio-pci, make mediated devices.
import type {Action} from '../../../../tasks/index.ts'
import {commandLine, defineAction} from '../../../../tasks/index.ts'
import {claimDevices} from '../../host-devices/claims.ts'
import {bindPciDevice, createMediatedDevice} from '../../host-devices/pci-driver.ts'
import {releasePciDevices} from '../../host-devices/index.ts'

export interface ClaimPci extends Action {
  readonly kind: 'qemu.claim-pci'
  readonly vmid: number
  /** Addresses, and the UUIDs of mediated devices. */
  readonly names: readonly string[]
}

export const claimPci = defineAction<ClaimPci>({
  kind: 'qemu.claim-pci',
  describe: ({vmid, names}) => [`# claim ${names.join(', ')} for guest ${vmid}`],
  run: async ({vmid, names}, context) => { await claimDevices(vmid, names, context) },
})

export interface ReleasePci extends Action { readonly kind: 'qemu.release-pci'; readonly vmid: number }

export const releasePci = defineAction<ReleasePci>({
  kind: 'qemu.release-pci',
  describe: ({vmid}) => [`# give up the devices that guest ${vmid} has claimed`],
  run: async ({vmid}, context) => { await releasePciDevices(vmid, context) },
})

export interface BindPci extends Action {
  readonly kind: 'qemu.bind-pci'
  readonly address: string
  /** Drivers; '' for none. */
  readonly from: string
  readonly to: string
}

export const bindPci = defineAction<BindPci>({
  kind: 'qemu.bind-pci',
  describe: ({address, from, to}) => {
    const folder = `/sys/bus/pci/devices/${address}`
    return [
      `echo ${to === 'vfio-pci' ? to : '""'} >${folder}/driver_override`,
      ...(from === '' ? [] : [`echo ${address} >${folder}/driver/unbind`]),
      ...(to === '' ? [] : [`echo ${address} >/sys/bus/pci/drivers_probe`]),
    ]
  },
  run: async ({address, to}, {host, log}) => {
    await bindPciDevice(address, to, host)
    log.info(to === '' ? `${address} has no driver any more` : `${address} has the driver ${to}`)
  },
})

export interface CreateMdev extends Action {
  readonly kind: 'qemu.create-mdev'
  readonly uuid: string
  readonly type: string
  /** The devices that may carry it. */
  readonly addresses: readonly string[]
}

export const createMdev = defineAction<CreateMdev>({
  kind: 'qemu.create-mdev',
  describe: ({uuid, type, addresses}) => [
    ...(addresses.length > 1 ? [`# on the first of ${commandLine(addresses)} that has one left`] : []),
    `echo ${uuid} >/sys/bus/pci/devices/${addresses[0] ?? ''}/mdev_supported_types/${type}/create`,
  ],
  run: async ({uuid, type, addresses}, {host}) => { await createMediatedDevice(uuid, type, addresses, host) },
})
