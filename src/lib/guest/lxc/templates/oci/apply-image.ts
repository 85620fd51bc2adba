// Makes the root file system of a container out of an image, and its configuration whole with what the image says of its first process.
import {InvalidInputError} from '../../../../base/index.ts'
import type {Context} from '../../../../tasks/index.ts'
import type {GuestConfig} from '../../../guest-config.ts'
import type {ContainerSpace} from '../../mount-space/open-container-space.ts'
import {applyLayers} from './apply-layers.ts'
import type {LayersWish} from './apply-layers.ts'
import {openImage} from './compressed-image.ts'
import {imageIn} from './image-archive.ts'
import type {BlobPlace} from './image-archive.ts'
import {imageValues, userLines} from './image-values.ts'

/** A plain archive was looked at beforehand: its layers, and the user that its first process is, who may be a name that only the image knows. */
interface KnownImage {
  readonly layers: readonly BlobPlace[]
  readonly user?: string
}

/** One that is compressed as a whole is opened first, and looked at then. */
interface CompressedImage {
  /** Where it stands without its compression meanwhile. */
  readonly plainPath: string
  readonly architecture: string
}

export type ImageFill = KnownImage | CompressedImage

export interface ImageWish extends Omit<LayersWish, 'layers'> {
  /** As the archive was given. */
  readonly name: string
  readonly sizeBytes: number
}

/**
 * @returns the configuration with what the image says, which goes behind what is there
 * @throws as imageIn, applyLayers and openImage
 */
export async function imageInto(wish: ImageWish, image: ImageFill, config: GuestConfig, at: ContainerSpace, context: Context): Promise<GuestConfig> {
  if ('layers' in image) return unpacked(wish, image, config, at, context)
  const {plainPath, architecture} = image
  try {
    await openImage(wish, plainPath, at.space, context)
    const found = await imageIn(plainPath, architecture, context.host)
    if (found === undefined) throw new InvalidInputError(`${wish.name} begins as an image does, and is none`, {ostemplate: 'is no archive of a container'})
    const {values, raw, warnings} = imageValues(found.config)
    for (const warning of warnings) context.log.warn(warning)
    const {current} = config
    const whole = {...config, current: {...current, values: {...values, ...current.values}, ...(raw.length === 0 ? {} : {raw: [...raw, ...current.raw ?? []]})}}
    const {user} = found.config
    return await unpacked({...wish, path: plainPath}, {layers: found.layers, ...(user === undefined ? {} : {user})}, whole, at, context)
  } finally {
    await context.host.files.remove(plainPath)
  }
}

async function unpacked(wish: ImageWish, {layers, user}: KnownImage, config: GuestConfig, at: ContainerSpace, context: Context): Promise<GuestConfig> {
  await applyLayers({...wish, layers}, at, context)
  if (user === undefined) return config
  const lines = userLines(user, {passwd: await at.tree.readText('etc/passwd') ?? '', group: await at.tree.readText('etc/group') ?? ''})
  return lines.length === 0 ? config : {...config, current: {...config.current, raw: [...config.current.raw ?? [], ...lines]}}
}
