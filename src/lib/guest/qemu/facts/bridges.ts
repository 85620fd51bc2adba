// The bridges that a guest's cards are plugged into: their MTU, and whether they keep VLANs apart.
import type {Host} from '../../../host/index.ts'
import {requireVlanFiltering} from '../../../network/index.ts'
import {netCount, readNic} from '../config/index.ts'

/** Of Ethernet, and of a bridge that was just made. */
const usualMtu = 1500

/** Bridges that do not exist, and devices that are no bridges, are missing from the answer. */
export async function readBridgeMtus(host: Pick<Host, 'files'>, bridges: readonly string[]): Promise<Record<string, number>> {
  const mtus = Object.create(null) as Record<string, number>
  for (const bridge of new Set(bridges)) {
    // The name becomes part of a path; the kernel's names have neither slash nor blank and at most 15 characters.
    if (!/^[^\s/.][^\s/]{0,14}$/.test(bridge)) continue
    const folder = `/sys/class/net/${bridge}`
    if ((await host.files.stat(`${folder}/bridge`)) === undefined) continue
    mtus[bridge] = Number((await host.files.readText(`${folder}/mtu`, 64)).trim())
  }
  return mtus
}

/** @throws UnsupportedError naming what asks for VLANs of a bridge that does not keep them apart */
export async function requireVlans(key: string, text: string, host: Host): Promise<void> {
  const {bridge, tag, trunks} = readNic(key, text)
  if (bridge !== undefined && (tag !== undefined || trunks !== undefined)) await requireVlanFiltering(bridge, `${key}.${tag === undefined ? 'trunks' : 'tag'}`, host)
}

/** A network card that is to be plugged into a bridge. */
export interface PluggedCard {
  readonly key: string
  readonly bridge: string
  readonly mtu: number | undefined
}

export function pluggedCards(values: Readonly<Record<string, string>>): PluggedCard[] {
  return Array.from({length: netCount}, (_, index) => `net${index}`).flatMap(key => {
    const text = values[key]
    if (text === undefined) return []
    const {bridge, mtu} = readNic(key, text)
    return bridge === undefined ? [] : [{key, bridge, mtu}]
  })
}

/** The MTUs with those that missing bridges would have, were they made for these cards: 1500, or as much as a card asks for. */
export function withMissingBridges(cards: readonly PluggedCard[], bridgeMtu: Readonly<Record<string, number>>): Record<string, number> {
  const assumed = Object.create(null) as Record<string, number>
  for (const {bridge, mtu = 0} of cards) assumed[bridge] = Math.max(assumed[bridge] ?? usualMtu, mtu)
  return Object.assign(assumed, bridgeMtu)
}
