// Volumes of a storage by content type. A storage cannot tell the disks of virtual machines from those of containers, since both lie in
// the same place; the guests decide. Needs no more than the numbers of the containers.
import type {Content, Storage, Volume} from './storage.ts'

/**
 * @param contents the content types wanted, in the order in which they are listed
 * @param containers the numbers of all containers
 * @param tell as Storage.list
 */
export async function listVolumes(storage: Storage, contents: readonly Content[], containers: ReadonlySet<number>, vmid?: number, tell?: (problem: string) => void): Promise<Volume[]> {
  const volumes: Volume[] = []
  let images: Volume[] | undefined
  for (const content of contents) {
    if (content !== 'images' && content !== 'rootdir') {
      volumes.push(...await storage.list([content], vmid, tell))
      continue
    }
    images ??= await storage.list(['images', 'rootdir'], vmid, tell)
    volumes.push(...images.map((volume) => ofGuest(volume, containers)).filter((volume) => volume.content === content))
  }
  return volumes
}

function ofGuest(volume: Volume, containers: ReadonlySet<number>): Volume {
  const isContainers = volume.vmid !== undefined && containers.has(volume.vmid)
  return {...volume, content: isContainers ? 'rootdir' : 'images'}
}
