// The kind of guest that an OVF manifest names by a number of CIM_OperatingSystem.OsType (DMTF), as `ostype` of qm.conf. Pure.

const linux = [36, 79, 80, 82, 83, 84, 85, 86, 87, 88, 89, 90, 91, 92, 93, 94, 95, 96, 99, 100, 101, 106, 107, 108, 109]
const numbers: Readonly<Record<string, readonly number[]>> = {
  l24: [97, 98],
  l26: linux,
  solaris: [29, 30, 81],
  w2k: [58],
  // Windows XP and Server 2003 share a kernel; Proxmox VE has a type for each.
  wxp: [67, 71, 72],
  w2k3: [69, 70],
  wvista: [73, 74],
  w2k8: [76, 77],
  win7: [103, 105],
  win8: [111, 112, 113, 114, 115, 117, 118],
  win10: [116, 119, 120],
}
const types = new Map(Object.entries(numbers).flatMap(([type, ids]) => ids.map((id) => [id, type] as const)))

/** `other` for what has no type of its own, and for no number at all. */
export function osTypeOf(cimNumber: string | undefined): string {
  return types.get(Number(cimNumber ?? '')) ?? 'other'
}
