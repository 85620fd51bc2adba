// QEMU's option strings (`driver,key=value,…`), in which a comma inside a value is doubled. Every value goes through here.

export type OptionValue = string | number | boolean | undefined

/**
 * `VGA,id=vga,addr=0x2` from 'VGA' and {id: 'vga', addr: '0x2'}. Undefined values are left out; true and false become on and off.
 * The head is ours, never a user's.
 */
export function optionText(head: string, options: Readonly<Record<string, OptionValue>> = {}): string {
  const parts = Object.entries(options).flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${optionValue(value)}`]))
  return [head, ...parts].join(',')
}

/** The same without a head: `type=user,id=net0`. */
export function optionList(options: Readonly<Record<string, OptionValue>>): string {
  return optionText('', options).slice(1)
}

/** A value as it may stand in an option string. */
export function optionValue(value: Exclude<OptionValue, undefined>): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  return String(value).replaceAll(',', ',,')
}

/** JSON with sorted keys, so that the same machine always has the same command line. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) => (member !== null && typeof member === 'object' && !Array.isArray(member)
    ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
    : member))
}
