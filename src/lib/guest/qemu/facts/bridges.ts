// The MTU of the bridges that a guest's cards are plugged into.
import type {Host} from '../../../host/index.ts'

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
