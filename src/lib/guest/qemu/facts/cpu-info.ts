// What /proc/cpuinfo says about the host's CPUs. Pure.

export interface CpuInfo {
  readonly vendor: string
  readonly count: number
  readonly physAddressBits: number | undefined
  readonly nestedFlag: 'vmx' | 'svm' | undefined
}

export function parseCpuInfo(text: string): CpuInfo {
  const field = (name: string) => new RegExp(`^${name}\\s*:\\s*(.*)$`, 'm').exec(text)?.[1]
  const flags = new Set((field('flags') ?? '').split(' '))
  const bits = /^(\d+) bits physical/.exec(field('address sizes') ?? '')?.[1]
  return {
    vendor: field('vendor_id') ?? '',
    count: [...text.matchAll(/^processor\s*:\s*\d+\s*$/gm)].length || 1,
    physAddressBits: bits === undefined ? undefined : Number(bits),
    nestedFlag: flags.has('vmx') ? 'vmx' : flags.has('svm') ? 'svm' : undefined,
  }
}
