// The JSON documents of an image, which are a stranger's: each value is looked at before it is used. Pure.
import {InvalidInputError} from '../../../../base/index.ts'

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

/** @throws InvalidInputError when it is no JSON object */
export function readJson(data: Buffer, what: string): Json {
  let value: unknown
  try {
    value = JSON.parse(data.toString('utf8'))
  } catch (cause) {
    throw new InvalidInputError(`'${what}' in the image is no JSON`, {}, {cause})
  }
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
  if (!Array.isArray(value) || !value.every((each) => typeof each === 'string')) throw new InvalidInputError(`'${key}' of the image is no list of texts`)
  return value
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
