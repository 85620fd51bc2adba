// QEMU's option strings (`driver,key=value,…`) read back into the typed values that QMP wants for the same thing, so that a device that is
// plugged into a running machine is described by the very text that a start would have given it. Pure.
import {InvalidInputError} from '../../../base/index.ts'

export type OptionJson = string | number | boolean
export interface ReadOption { readonly head: string | undefined; readonly values: Readonly<Record<string, OptionJson>> }

/** What stays text whatever it looks like: names, places, and properties of three states (on, off, auto). */
const textual: ReadonlySet<string> = new Set([
  'addr', 'bus', 'chardev', 'device_id', 'downscript', 'drive', 'filename', 'hostname', 'hostport', 'id', 'ifname', 'iothread', 'mac', 'mem-path', 'memdev', 'model',
  'name', 'netdev', 'port', 'product', 'rerror', 'rng', 'romfile', 'script', 'serial', 'type', 'vendor', 'werror', 'write-cache',
])

const mebibyte = 1024 * 1024

/**
 * `scsi-hd,bus=scsihw0.0,lun=1` as {head: 'scsi-hd', values: {bus: 'scsihw0.0', lun: 1}}; JSON as it is.
 * @throws InvalidInputError for JSON that is none, which can stand only in `args`
 */
export function readOption(text: string): ReadOption {
  if (text.startsWith('{')) return {head: undefined, values: readJson(text)}
  const [first = '', ...rest] = splitCommas(text)
  const hasHead = !first.includes('=')
  const values = (hasHead ? rest : [first, ...rest]).map((part): [string, OptionJson] => {
    const at = part.indexOf('=')
    const name = at === -1 ? part : part.slice(0, at)
    return [name, at === -1 ? true : typedValue(name, part.slice(at + 1))]
  })
  return {head: hasHead ? first : undefined, values: Object.fromEntries(values)}
}

function readJson(text: string): Record<string, OptionJson> {
  try {
    return JSON.parse(text) as Record<string, OptionJson>
  } catch (cause) {
    throw new InvalidInputError('an argument of QEMU begins as JSON and is none', {args: 'holds JSON that is none'}, {cause})
  }
}

/** At single commas; a doubled one stands for itself. */
function splitCommas(text: string): string[] {
  const parts: string[] = ['']
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at)
    if (character !== ',' || text[at + 1] === ',') {
      if (character === ',') at++
      parts[parts.length - 1] += character
    } else parts.push('')
  }
  return parts
}

function typedValue(name: string, text: string): OptionJson {
  if (textual.has(name)) return text
  if (text === 'on' || text === 'yes') return true
  if (text === 'off' || text === 'no') return false
  const size = name === 'size' ? /^(\d{1,9})M$/.exec(text)?.[1] : undefined
  if (size !== undefined) return Number(size) * mebibyte
  if (!/^(?:\d{1,15}|0x[0-9a-f]{1,16})$/i.test(text)) return text
  const number = Number(text)
  // A World Wide Name has 64 bits, which JSON's numbers here have not; QEMU before 9.2 takes it as text.
  return Number.isSafeInteger(number) ? number : text
}
