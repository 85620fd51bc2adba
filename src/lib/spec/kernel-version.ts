// The version of the running kernel out of the text of /proc/version.

export interface KernelVersion {
  readonly major: number
  readonly minor: number
  readonly patch: number
  /** What stands behind the numbers: `1-pve` of 5.3.10-1-pve. */
  readonly rest: string
  readonly full: string
}

/** All zero and empty when the text is not the one of a Linux kernel. */
export function parseKernelVersion(procVersion: string): KernelVersion {
  const full = /^Linux version (\S+)/.exec(procVersion.slice(0, 4096))?.[1] ?? ''
  const numbers = /^\d{1,9}(?:\.\d{1,9}){1,7}/.exec(full)?.[0]
  if (numbers === undefined) return {major: 0, minor: 0, patch: 0, rest: '', full: ''}
  const rest = full.slice(numbers.length).replace(/^-/, '')
  const [major = 0, minor = 0, patch = 0] = numbers.split('.').map(Number)
  return {major, minor, patch, rest, full}
}
