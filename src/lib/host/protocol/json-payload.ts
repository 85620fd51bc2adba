// JSON in frames, as it may come from somebody hostile: valid UTF-8, nested no deeper than any of our own data, and an object.
import {violation} from './frames.ts'

/** No result, plan or error of ours is nested as deep; what is would overflow the stack of whoever walks through it. */
const maxDepth = 64
const decoder = new TextDecoder('utf-8', {fatal: true})

export function encodeJson(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value), 'utf8')
}

/** @throws AppError (tool) for anything but a JSON object */
export function decodeObject(payload: Buffer, what: string): Readonly<Record<string, unknown>> {
  if (isTooDeep(payload)) throw violation(`${what} is nested too deep`)
  let value: unknown
  try {
    value = JSON.parse(decoder.decode(payload))
  } catch (error) {
    throw violation(`${what} is no JSON`, error instanceof Error ? new Error(error.name) : undefined)
  }
  if (!isObject(value)) throw violation(`${what} is no object`)
  return value
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isTooDeep(payload: Buffer): boolean {
  let depth = 0
  let isInString = false
  for (let at = 0; at < payload.length; at++) {
    const byte = payload[at]
    if (isInString) {
      if (byte === 0x5c) at++
      else if (byte === 0x22) isInString = false
    } else if (byte === 0x22) isInString = true
    else if (byte === 0x5b || byte === 0x7b) { if (++depth > maxDepth) return true } else if (byte === 0x5d || byte === 0x7d) depth--
  }
  return false
}
