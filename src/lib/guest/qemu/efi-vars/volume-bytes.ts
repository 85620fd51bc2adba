// The bytes of a volume that holds the firmware's variables, whatever its storage and format: read as a whole, and written by way of a
// private file, since qemu-img takes an image from nowhere else. It must not know what they mean.
import {InvalidInputError, errorChain} from '../../../base/index.ts'
import {convertArgv, openVolume, syncArgv} from '../../../storage/index.ts'
import type {ImageName} from '../../../storage/index.ts'
import type {Context} from '../../../tasks/index.ts'
import {guestPaths} from '../runtime/sockets.ts'

/** Storages round sizes up, in pieces of at most this. */
export const maxVolumeBytes = 64 * 1024 * 1024
const copyLimitMs = 5 * 60_000

/** @throws NotFoundError; InvalidInputError for a volume that is too large to be one of these */
export async function volumeBytes(vmid: number, volume: string, context: Context): Promise<Buffer> {
  const {host, signal} = context
  const {storage, id} = await openVolume(volume, context)
  await storage.activate()
  const {sizeBytes} = await storage.volume(id)
  if (sizeBytes > maxVolumeBytes) throw new InvalidInputError(`${volume} is too large to hold the variables of OVMF alone`, {}, {data: {volume, sizeBytes}})
  await storage.attach(id)
  try {
    const image = storage.imageName(id)
    if (image.format === 'raw' && image.options === undefined && image.path.startsWith('/')) return await host.files.readAt(image.path, 0, sizeBytes)
    return await withPrivateFile(vmid, Buffer.alloc(sizeBytes), context, async (path) => {
      await host.run(convertArgv({source: image, target: {format: 'raw', path}}), {signal, timeoutMs: copyLimitMs, diesWithUs: true})
      return host.files.read(path, maxVolumeBytes)
    })
  } finally {
    await storage.detach(id)
  }
}

/** Done again it does the same again. */
export async function writeBytes(vmid: number, volume: string, bytes: Buffer, context: Context): Promise<void> {
  const {host, signal} = context
  const {storage, id} = await openVolume(volume, context)
  await storage.activate()
  const path = await storage.attach(id)
  try {
    await withPrivateFile(vmid, bytes, context, async (file) => {
      await host.run(writeArgv(file, storage.imageName(id)), {signal, timeoutMs: copyLimitMs, diesWithUs: true})
      if (path.startsWith('/')) await host.run(syncArgv(path), {signal, timeoutMs: copyLimitMs})
    })
  } finally {
    await storage.detach(id)
  }
}

/** Pure. */
export function writeArgv(file: string, target: ImageName): string[] {
  return convertArgv({source: {format: 'raw', path: file}, target})
}

async function withPrivateFile<T>(vmid: number, bytes: Buffer, {host, places, log}: Context, work: (path: string) => Promise<T>): Promise<T> {
  const {dir, efiVars} = guestPaths(places, vmid)
  await host.files.makeDirectory(places.runDir, 0o700)
  await host.files.makeDirectory(dir, 0o700)
  try {
    await host.files.write(efiVars, bytes, {durable: false})
    return await work(efiVars)
  } finally {
    await host.files.remove(efiVars).catch((error: unknown) => { log.warn(`${efiVars} is left behind: ${errorChain(error).join(': ')}`) })
  }
}
