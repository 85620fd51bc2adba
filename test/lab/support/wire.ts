// Values of the Host interface as JSON: bytes in base64.

const mark = 'base64:'

interface Bytes { readonly [mark]: string }

export function toWire(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return {[mark]: value.toString('base64')} satisfies Bytes
  if (Array.isArray(value)) return value.map(toWire)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined && typeof each !== 'function').map(([key, each]) => [key, toWire(each)]))
}

export function fromWire(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromWire)
  if (typeof value !== 'object' || value === null) return value
  if (mark in value) return Buffer.from((value as Bytes)[mark], 'base64')
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, fromWire(each)]))
}
