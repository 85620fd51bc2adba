// A file of `index/`: which blobs lie where in which packs, so that no pack has to be opened to know what there is. Pure; sealing is not its own. The layout is that of
// restic's design document ("Indexing").
import {InvalidInputError} from '../../base/index.ts'
import {countOf, idOf, listOf, objectOf, parseObject} from './json-records.ts'
import {maxBlobBytes, maxPackBytes} from './limits.ts'
import type {PackedBlob} from './pack.ts'

export interface PackContents {
  /** The name of the pack's file. */
  readonly id: string
  readonly blobs: readonly PackedBlob[]
}

/** As JSON, before it is sealed. */
export function formatIndex(packs: readonly PackContents[]): Buffer {
  return Buffer.from(JSON.stringify({packs: packs.map(({id, blobs}) => ({
    id, blobs: blobs.map(({id: blob, type, offset, sizeBytes, plainBytes}) => ({id: blob, type, offset, length: sizeBytes, ...(plainBytes === undefined ? {} : {uncompressed_length: plainBytes})})),
  }))}))
}

/** @param data after it was unsealed and unpacked @throws InvalidInputError */
export function parseIndex(data: Buffer): PackContents[] {
  return listOf(parseObject(data, 'an index')['packs'], 'an index', (value) => {
    const pack = objectOf(value, 'a pack in an index')
    return {id: idOf(pack['id'], 'a pack in an index'), blobs: listOf(pack['blobs'], 'a pack in an index', parseBlob)}
  })
}

function parseBlob(value: unknown): PackedBlob {
  const blob = objectOf(value, 'a blob in an index')
  const type = blob['type']
  if (type !== 'data' && type !== 'tree') throw new InvalidInputError('an index of the repository names a blob of an unknown kind')
  const plain = blob['uncompressed_length']
  return {
    id: idOf(blob['id'], 'a blob in an index'), type,
    offset: countOf(blob['offset'], 'the place of a blob', maxPackBytes), sizeBytes: countOf(blob['length'], 'the size of a blob', maxBlobBytes),
    ...(plain === undefined ? {} : {plainBytes: countOf(plain, 'the size of a blob', maxBlobBytes)}),
  }
}
