// Tap devices, one for each network card of a guest that is on a bridge: their names, and the settings that libexec/pve-bridge reads
// when QEMU has made one. QEMU makes and removes the devices themselves.
import {AppError, InvalidInputError} from '../base/index.ts'
import type {Host} from '../host/index.ts'
import {checkBridgeName} from './bridges.ts'

export interface TapSettings {
  /** `tap100i0`. */
  readonly tap: string
  readonly bridge: string
  /** Undefined: that of the bridge. */
  readonly mtu?: number | undefined
  /** Limit in each direction. */
  readonly rateBytesPerSecond?: number | undefined
  /** The VLAN that its frames without a tag are in. */
  readonly tag?: number | undefined
  /** Those whose frames go through with their tags: `2`, `10-20`. */
  readonly trunks?: readonly string[] | undefined
}

/** The name of the tap device of a guest's card. At most 15 bytes: 3 + 9 + 1 + 2. */
export function tapName(vmid: number, index: number): string {
  return `tap${vmid}i${index}`
}

/** The guest and the card that a tap device belongs to. */
export function parseTapName(name: string): {vmid: number; index: number} | undefined {
  const match = /^tap([1-9]\d{2,8})i(\d{1,2})$/.exec(name)
  return match === null ? undefined : {vmid: Number(match[1]), index: Number(match[2])}
}

/**
 * The text of a settings file: one `name value` a line.
 * @throws InvalidInputError when a value cannot stand in it
 */
export function formatTapSettings({tap, bridge, mtu, rateBytesPerSecond, tag, trunks = []}: TapSettings): string {
  if (parseTapName(tap) === undefined) throw new InvalidInputError(`'${tap}' is not the name of a guest's tap device`)
  checkBridgeName(bridge, 'bridge')
  const lines = [`bridge ${bridge}`]
  if (mtu !== undefined) lines.push(`mtu ${wholeNumber(mtu, 68, 65_520, 'mtu')}`)
  if (rateBytesPerSecond !== undefined) lines.push(`rate ${wholeNumber(rateBytesPerSecond, 1, 4e9, 'rate')}`)
  if (tag !== undefined) lines.push(`tag ${wholeNumber(tag, 1, 4094, 'tag')}`)
  if (trunks.length > 0) lines.push(`trunks ${trunks.map(vlanRange).join(' ')}`)
  return `${lines.join('\n')}\n`
}

/** Of a trunk: one VLAN, or from one to another. */
function vlanRange(text: string): string {
  const ids = text.split('-').map((id) => wholeNumber(Number(id), 1, 4094, 'trunks'))
  if (ids.length > 2 || (ids[0] ?? 0) > (ids[1] ?? 4094)) throw new InvalidInputError(`'${text.slice(0, 20)}' is no VLAN and no range of them`, {trunks: 'must be like 2;10-20'})
  return ids.join('-')
}

function wholeNumber(value: number, minimum: number, maximum: number, name: string): number {
  if (Number.isInteger(value) && value >= minimum && value <= maximum) return value
  throw new InvalidInputError(`${name} must be a whole number from ${minimum} to ${maximum}, not ${value}`, {[name]: 'is out of range'})
}

/** Names of the tap devices of a guest that exist on the host. */
export async function guestTaps(vmid: number, host: Host): Promise<string[]> {
  return (await allTaps(host)).filter((name) => parseTapName(name)?.vmid === vmid)
}

/** Names of all tap devices of guests that exist on the host. */
export async function allTaps(host: Host): Promise<string[]> {
  // /proc/net is that of our own network namespace; /sys may show another one.
  const text = await host.files.readText('/proc/net/dev', 4 * 1024 * 1024)
  return text.split('\n').flatMap((line) => {
    const name = line.split(':', 1)[0]?.trim() ?? ''
    return parseTapName(name) === undefined ? [] : [name]
  })
}

/**
 * Removes tap devices that a guest left behind. One that goes by itself in the meantime is no failure.
 * @throws ToolError when a device stays
 */
export async function removeTaps(taps: readonly string[], host: Host): Promise<void> {
  for (const tap of taps) {
    try {
      await host.run(['ip', 'link', 'delete', 'dev', tap], {timeoutMs: 10_000})
    } catch (error) {
      if (error instanceof AppError && error.kind === 'tool' && !(await allTaps(host)).includes(tap)) continue
      throw error
    }
  }
}
