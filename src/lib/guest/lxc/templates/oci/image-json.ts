// The JSON documents of an image, which are a stranger's: each value is looked at before it is used. Pure.
import {InvalidInputError, UnsupportedError} from '../../../../base/index.ts'

export interface Descriptor {
  readonly mediaType: string
  /** SHA-256 in hexadecimal digits. */
  readonly digest: string
  readonly sizeBytes: number
  readonly platform?: {readonly os: string; readonly architecture: string}
}

/** What an image says of its first process. */
export interface ImageConfig {
  readonly architecture?: string
  /** Entrypoint and Cmd, in this order. */
  readonly words: readonly string[]
  /** `NAME=value` each. */
  readonly env: readonly string[]
  /** `1000`, `1000:1000`, `nginx`. */
  readonly user?: string
  readonly workingFolder?: string
  readonly stopSignal?: string
}

type Json = Readonly<Record<string, unknown>>

/** Debian's words for architectures, which are Go's for those that we know. */
export type Architecture = string

/** @throws UnsupportedError for an image of another architecture */
export function assertFits({architecture}: ImageConfig, wanted: Architecture): void {
  if (architecture !== undefined && architecture !== wanted) throw new UnsupportedError(`the image is for ${architecture.slice(0, 40)}, and this host is ${wanted}`)
}

/** An image among those of `docker save`: the names of its configuration and of its layers in the archive. */
export interface SavedImage {
  readonly config: string
  readonly layers: readonly string[]
}

/** @throws InvalidInputError for a manifest.json that is none of Docker's */
export function readSavedImages(data: Buffer): SavedImage[] {
  const value = parsed(data, 'manifest.json')
  if (!Array.isArray(value)) throw new InvalidInputError("'manifest.json' in the image is no list")
  return value.map((each: unknown) => {
    const {Config: config, Layers: layers} = isObject(each) ? each : {}
    if (typeof config !== 'string' || !isTexts(layers)) throw new InvalidInputError("'manifest.json' in the image does not say which configuration and layers it has")
    return {config, layers}
  })
}

/** The digests of the layers as plain archives, from the bottom. @throws InvalidInputError */
export function readDiffIds(json: Json): string[] {
  const {rootfs} = json
  return listOf(isObject(rootfs) ? rootfs : {}, 'diff_ids').map((id) => {
    const hex = typeof id === 'string' ? /^sha256:([0-9a-f]{64})$/.exec(id)?.[1] : undefined
    if (hex === undefined) throw new InvalidInputError("'diff_ids' of the image does not say what it names: SHA-256 digests are needed")
    return hex
  })
}

function parsed(data: Buffer, what: string): unknown {
  try {
    return JSON.parse(data.toString('utf8'))
  } catch (cause) {
    throw new InvalidInputError(`'${what}' in the image is no JSON`, {}, {cause})
  }
}

/** @throws InvalidInputError when it is no JSON object */
export function readJson(data: Buffer, what: string): Json {
  const value = parsed(data, what)
  if (!isObject(value)) throw new InvalidInputError(`'${what}' in the image is no object`)
  return value
}

/** @throws InvalidInputError when it is no list */
export function listOf(json: Json, key: string): readonly unknown[] {
  const value = json[key]
  if (!Array.isArray(value)) throw new InvalidInputError(`the image has no list '${key}'`)
  return value as readonly unknown[]
}

/** @throws InvalidInputError naming what is wrong with it */
export function readDescriptor(value: unknown, what: string): Descriptor {
  const {mediaType, digest, size, platform} = isObject(value) ? value : {}
  const hex = typeof digest === 'string' ? /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1] : undefined
  if (typeof mediaType !== 'string' || hex === undefined || typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw new InvalidInputError(`'${what}' of the image does not say what it names: a type, a size and a SHA-256 digest are needed`)
  }
  const {os, architecture} = isObject(platform) ? platform : {}
  // An index also names what is no image, such as signatures, as being for `unknown`.
  return {mediaType, digest: hex, sizeBytes: size, ...(typeof os === 'string' && typeof architecture === 'string' ? {platform: {os, architecture}} : {})}
}

export function readImageConfig(json: Json): ImageConfig {
  const {architecture, config} = json
  const own = isObject(config) ? config : {}
  const text = (key: string) => typeof own[key] === 'string' && own[key] !== '' ? own[key] : undefined
  const [user, workingFolder, stopSignal] = [text('User'), text('WorkingDir'), text('StopSignal')]
  return {
    ...(typeof architecture === 'string' ? {architecture} : {}), words: [...texts(own, 'Entrypoint'), ...texts(own, 'Cmd')], env: texts(own, 'Env'),
    ...(user === undefined ? {} : {user}), ...(workingFolder === undefined ? {} : {workingFolder}), ...(stopSignal === undefined ? {} : {stopSignal}),
  }
}

function texts(json: Json, key: string): string[] {
  const value = json[key]
  if (value === undefined || value === null) return []
  if (!isTexts(value)) throw new InvalidInputError(`'${key}' of the image is no list of texts`)
  return value
}

/** A part of an image that is not what its digest says. */
export function damaged(digest: string): InvalidInputError {
  return new InvalidInputError(`the image is damaged: ${digest} is not what it should be`)
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string')
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
