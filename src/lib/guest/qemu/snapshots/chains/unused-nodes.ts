// Nodes that were made for snapshots of a running machine's disk, and that nothing stands on any more: QEMU keeps them, and with them their files, until it
// is told that they are not needed.
import {ToolError} from '../../../../base/index.ts'
import type {QmpClient} from '../../qmp/index.ts'
import type {BlockNode} from './nodes.ts'
import {isChainNodeOf, readBlockNodes} from './nodes.ts'

/** More layers than the nodes of one drive have. */
const maxRounds = 8

export async function blockNodes(client: QmpClient): Promise<readonly BlockNode[]> {
  return readBlockNodes(await client.execute('query-named-block-nodes', {flat: true}))
}

/** Right as well when there are none. Those in use stay: QEMU refuses to remove them. */
export async function removeUnused(client: QmpClient, key: string): Promise<void> {
  // What stands on what is not told, so each round takes away the uppermost.
  for (let round = 0; round < maxRounds; round++) {
    let isChanged = false
    for (const {name} of (await blockNodes(client)).filter((node) => isChainNodeOf(node.name, key))) {
      try {
        await client.execute('blockdev-del', {'node-name': name})
        isChanged = true
      } catch (error) {
        if (!(error instanceof ToolError)) throw error
      }
    }
    if (!isChanged) return
  }
}
