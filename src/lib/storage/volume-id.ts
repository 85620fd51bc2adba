// Volume ids: `<storage>:<name>`. What a name means is the plugin's business; here only what holds for every storage type is checked.
import {InvalidInputError} from '../base/index.ts'
import type {VolumeId} from './storage.ts'

/** Names of storages (pve-storage(5)): a letter first, a letter or digit last. */
const storageIdPattern = /^[a-z][a-z0-9\-_.]{0,98}[a-z0-9]$/i
const maxNameBytes = 1024
const maxSegmentBytes = 255

/** @throws InvalidInputError when it is no name for a storage */
export function checkStorageId(text: string): string {
  if (!storageIdPattern.test(text)) {
    throw new InvalidInputError(
      `'${shown(text)}' is not the name of a storage: letters, digits, '-', '_' and '.', a letter first and a letter or digit last`, {storage: 'is not a storage name'},
    )
  }
  return text
}

/** @throws InvalidInputError that says which part is wrong */
export function parseVolumeId(text: string): VolumeId {
  const colon = text.indexOf(':')
  if (colon < 0) {
    throw new InvalidInputError(`'${shown(text)}' is not a volume id; write <storage>:<name>, such as local:iso/debian.iso`, {volume: 'has no storage before a colon'})
  }
  return {storage: checkStorageId(text.slice(0, colon)), name: checkVolumeName(text.slice(colon + 1))}
}

export function formatVolumeId(id: VolumeId): string {
  return `${id.storage}:${id.name}`
}

/**
 * Refuses what no storage type may get to see: a way out of its folder, control characters, names longer than a file name can be.
 * Percent signs and look-alikes of dots and slashes are plain characters: nothing decodes or normalises a name.
 * @throws InvalidInputError
 */
export function checkVolumeName(name: string): string {
  const reason = reasonAgainst(name)
  if (reason !== undefined) throw new InvalidInputError(`'${shown(name)}' is not the name of a volume: ${reason}`, {volume: reason})
  return name
}

function reasonAgainst(name: string): string | undefined {
  if (name === '') return 'it is empty'
  if (Buffer.byteLength(name) > maxNameBytes) return `it is longer than ${maxNameBytes} bytes`
  // eslint's no-control-regex is met by the Unicode class: all of C0, C1 and DEL.
  if (/\p{Cc}/u.test(name)) return 'it contains a control character'
  if (/[\u2028\u2029]/u.test(name)) return 'it contains a line separator'
  if (/\p{Cs}/u.test(name)) return 'it is not valid Unicode'
  const segments = name.split('/')
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..')) return "no part of it may be empty, '.' or '..'"
  if (segments.some((segment) => Buffer.byteLength(segment) > maxSegmentBytes)) return `a part of it is longer than ${maxSegmentBytes} bytes`
  return undefined
}

/** A piece of bad input as it may be shown: short and without anything that a terminal would obey. */
function shown(text: string): string {
  return text.slice(0, 80).replace(/\p{Cc}/gu, '?')
}
