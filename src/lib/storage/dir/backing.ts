// Whether an image may be opened by QEMU: its header may name other files, and QEMU opens them with the rights of root. An image that was
// uploaded or imported can name any file or network address (CVE-2024-4467 and its relatives), so only files of the storage itself pass.
import {dirname, resolve} from 'node:path'
import {ConflictError, ForbiddenError} from '../../base/index.ts'
import type {Host} from '../../host/index.ts'
import {headerBytes, parseImageHeader} from './image-header.ts'

const maxChainLength = 64

/**
 * Follows the backing files of an image, without opening any by QEMU.
 * @param imagesFolder where all of them must lie
 * @throws ForbiddenError for an external data file or a backing file elsewhere
 */
export async function checkBacking(host: Host, path: string, format: 'qcow2' | 'vmdk', imagesFolder: string): Promise<void> {
  let current: {path: string; format: 'qcow2' | 'vmdk'} | undefined = {path, format}
  for (let length = 0; current !== undefined; length++) {
    if (length === maxChainLength) throw new ConflictError(`${path} stands on more than ${maxChainLength} backing files`)
    current = await nextInChain(host, current, imagesFolder)
  }
}

async function nextInChain(host: Host, image: {path: string; format: 'qcow2' | 'vmdk'}, imagesFolder: string): Promise<{path: string; format: 'qcow2' | 'vmdk'} | undefined> {
  const header = parseImageHeader(image.format, await host.files.readAt(image.path, 0, headerBytes))
  if (header.hasExternalData) {
    throw new ForbiddenError(`the image ${image.path} keeps its data in another file, which is not allowed`, {nextSteps: [`Make it whole: qemu-img convert -O ${image.format} …`]})
  }
  if (header.backing === undefined) return undefined
  const backing = resolve(dirname(image.path), header.backing)
  // A colon before the first slash makes QEMU take the name for an address, such as json:, nbd: or ssh:.
  const isAddress = /^[^/]*:/.test(header.backing)
  const format = /\.(raw|qcow2|vmdk)$/.exec(backing)?.[1]
  if (isAddress || !backing.startsWith(`${imagesFolder}/`) || format === undefined) {
    throw new ForbiddenError(`the image ${image.path} stands on '${header.backing.slice(0, 120).replace(/\p{Cc}/gu, '?')}', which is no disk of this storage`, {
      nextSteps: ['Put the base beside it and rebase the image onto it (qemu-img rebase -u), or flatten it with qemu-img convert, if you trust it.'],
    })
  }
  if (header.backingFormat !== undefined && header.backingFormat !== format) {
    throw new ForbiddenError(`the image ${image.path} takes its base for ${header.backingFormat.replace(/\p{Cc}/gu, '?')}, but the base is ${format}`)
  }
  // QEMU would look into the base for its format, and what a guest wrote to the beginning of a raw disk can look like any header.
  if (format === 'raw' && header.backingFormat === undefined) {
    throw new ForbiddenError(`the image ${image.path} does not say that its base is raw, so QEMU would have to guess`, {
      nextSteps: [`Say it, if you trust the image: qemu-img rebase -u -f ${image.format} -b ${header.backing.replace(/\p{Cc}/gu, '?')} -F raw ${image.path}`],
    })
  }
  return format === 'raw' ? undefined : {path: backing, format: format as 'qcow2' | 'vmdk'}
}
