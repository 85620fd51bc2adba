// VLANs of a bridge's ports: whether the bridge keeps them apart, and what gives a port its own.
import {UnsupportedError} from '../base/index.ts'
import type {Host} from '../host/index.ts'

export interface PortVlans {
  /** The VLAN that frames without a tag are in. */
  readonly tag?: number | undefined
  /** Those whose frames go through with their tags. */
  readonly trunks?: readonly number[] | undefined
}

/** `2;7` of a property. */
export function parseTrunks(text: string | undefined): number[] {
  return (text ?? '').split(';').map(Number).filter((id) => Number.isInteger(id) && id >= 1 && id <= 4094)
}

/**
 * @param option what asks for it (`net0.tag`)
 * @throws UnsupportedError with the command that makes the bridge keep VLANs apart
 */
export async function requireVlanFiltering(bridge: string, option: string, host: Host): Promise<void> {
  const {stdout} = await host.run(['ip', '-json', '-details', 'link', 'show', 'dev', bridge], {timeoutMs: 10_000, okExitCodes: [0, 1]})
  if (filtersVlans(stdout)) return
  throw new UnsupportedError(`'${option}' cannot be carried out: the bridge ${bridge} does not keep VLANs apart`, {
    nextSteps: [`Let it, where the kernel can: ip link set ${bridge} type bridge vlan_filtering 1`, 'Or plug the interface into a bridge that has the VLAN for itself.'], data: {bridge, option},
  })
}

/** Reads the answer of `ip -json -details link show`. Pure. */
export function filtersVlans(text: string): boolean {
  try {
    const [first] = JSON.parse(text) as {linkinfo?: {info_data?: {vlan_filtering?: unknown}}}[]
    const flag = first?.linkinfo?.info_data?.vlan_filtering
    return flag === 1 || flag === true
  } catch {
    return false
  }
}

/** The commands that give a port its VLANs; a new port is in VLAN 1. Pure. */
export function vlanCommands(port: string, {tag, trunks = []}: PortVlans): string[][] {
  if (tag === undefined && trunks.length === 0) return []
  const add = (id: number, ...flags: string[]) => ['bridge', 'vlan', 'add', 'dev', port, 'vid', String(id), ...flags]
  return [
    ...(tag === 1 || tag === undefined ? [] : [['bridge', 'vlan', 'del', 'dev', port, 'vid', '1']]),
    ...(tag === undefined ? [] : [add(tag, 'pvid', 'untagged')]), ...trunks.filter((id) => id !== tag).map((id) => add(id)),
  ]
}
