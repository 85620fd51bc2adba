// Memory shared with other guests.
import {readIvshmem} from '../config/index.ts'
import type {Guest} from './guest.ts'
import {optionText} from './option-text.ts'
import {pciAddress, rootAddress} from './pci-addresses.ts'

export function sharedMemoryDevices(guest: Guest): string[] {
  const shared = readIvshmem(guest.values['ivshmem'])
  if (shared === undefined) return []
  const address = guest.machine.isQ35 ? rootAddress('ivshmem') : pciAddress('ivshmem', guest)
  const path = `/dev/shm/pve-shm-${shared.name ?? guest.input.vmid}`
  return [
    '-device', optionText('ivshmem-plain', {memdev: 'ivshmem', ...address}),
    '-object', optionText('memory-backend-file', {id: 'ivshmem', share: true, 'mem-path': path, size: `${shared.size}M`}),
  ]
}
