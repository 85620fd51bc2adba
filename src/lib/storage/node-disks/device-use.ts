// What one device, a disk or a partition, is used for in Proxmox VE's word. Pure.
import type {MachineFacts} from './facts/machine.ts'

/** Types of GPT partitions (UEFI specification; OpenZFS; systemd's discoverable partitions). */
export const partitionTypes = {
  biosBoot: '21686148-6449-6e6f-744e-656564454649',
  efi: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b',
  lvm: 'e6d6d379-f507-44c2-a23c-238f2a3df928',
  linux: '0fc63daf-8483-4772-8e79-3d69d8477de4',
  zfs: ['6a898cc3-1dd2-11b2-99a6-080020736631', '516e7cba-6ecf-11d6-8ff8-00022d09712b'] as readonly string[],
  zfsReserved: '6a945a3b-1dd2-11b2-99a6-080020736631',
} as const

export function deviceUse(path: string, facts: MachineFacts): string | undefined {
  const {fileSystem, partitionType, mountPoints = []} = facts.lsblk.get(path) ?? {}
  if (partitionType === partitionTypes.lvm || fileSystem === 'LVM2_member' || facts.physicalVolumes.some((volume) => volume.path === path)) return 'LVM'
  if (partitionTypes.zfs.includes(partitionType ?? '') || fileSystem === 'zfs_member' || facts.poolDevices.some((device) => device.path === path)) return 'ZFS'
  if (partitionType === partitionTypes.biosBoot) return 'BIOS boot'
  if (partitionType === partitionTypes.efi) return 'EFI'
  if (partitionType === partitionTypes.zfsReserved) return 'ZFS reserved'
  if (facts.swaps.includes(path) && fileSystem === undefined) return 'swap'
  if (fileSystem !== undefined) return fileSystem
  return facts.mounts.has(path) || mountPoints.some((place) => place.startsWith('/')) ? 'mounted' : undefined
}
