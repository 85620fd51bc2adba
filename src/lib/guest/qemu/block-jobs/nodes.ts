// Block nodes of a running QEMU by their names, and taking away those that nothing uses.
import type {QmpClient} from '../qmp/index.ts'

/** Pure: the names in the answer to query-named-block-nodes. */
export function readNodeNames(answer: unknown): readonly string[] {
  if (!Array.isArray(answer)) return []
  return answer.flatMap((item: unknown) => {
    const name: unknown = typeof item === 'object' && item !== null ? (item as Record<string, unknown>)['node-name'] : undefined
    return typeof name === 'string' ? [name] : []
  })
}

/** Closes the image behind a node that was added; right as well when there is none. */
export async function removeNode(client: QmpClient, nodeName: string): Promise<void> {
  const names = readNodeNames(await client.execute('query-named-block-nodes', {flat: true}))
  if (names.includes(nodeName)) await client.execute('blockdev-del', {'node-name': nodeName})
}

/** A drive as QEMU has it. */
export interface RunningDrive {
  /** Given with -drive: a backend with a name of its own, whose root is exchanged. Else a tree of nodes that was given with -blockdev. */
  readonly isBackend: boolean
  readonly sizeBytes: number
}

/** Pure: a drive in the answer to query-block; undefined when QEMU has none by that name, or no medium in it. */
export function readRunningDrive(answer: unknown, name: string): RunningDrive | undefined {
  if (!Array.isArray(answer)) return undefined
  for (const item of answer as readonly unknown[]) {
    if (typeof item !== 'object' || item === null) continue
    const {device, inserted} = item as {device?: unknown; inserted?: unknown}
    const medium = (typeof inserted === 'object' && inserted !== null ? inserted : {}) as Readonly<Record<string, unknown>>
    if (device !== name && medium['node-name'] !== name) continue
    const image = medium['image']
    const size: unknown = typeof image === 'object' && image !== null ? (image as Record<string, unknown>)['virtual-size'] : undefined
    return typeof size === 'number' && Number.isSafeInteger(size) && size > 0 ? {isBackend: device === name, sizeBytes: size} : undefined
  }
  return undefined
}
