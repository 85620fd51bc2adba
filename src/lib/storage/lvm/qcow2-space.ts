// How large a logical volume must be for a qcow2 image of which every cluster is written (QEMU's "qcow2 Image File Format"; `qemu-img measure`, `fully-allocated`).
// An image in a device cannot ask for more as a file does. Pure.

const clusterBytes = 64 * 1024
/** Entries of eight bytes in a cluster of the tables that say where data is. */
const entriesInCluster = clusterBytes / 8
/** Counts of two bytes in a cluster of those that say how often a cluster is used. */
const countsInCluster = clusterBytes / 2

/** Never less than QEMU says, and at most three clusters more. */
export function qcow2SpaceBytes(sizeBytes: number): number {
  const data = Math.ceil(sizeBytes / clusterBytes)
  const level2 = Math.ceil(data / entriesInCluster)
  const level1 = Math.ceil(level2 / entriesInCluster)
  const header = 1
  const counted = data + level2 + level1 + header
  // The counts count themselves as well; one more holds those for any size.
  const counts = Math.ceil(counted / countsInCluster) + 1
  const countTable = Math.ceil(counts / entriesInCluster)
  return (counted + counts + countTable) * clusterBytes
}
