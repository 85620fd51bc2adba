// The list of digests beside an OVF manifest (`x.mf`), after DMTF DSP0243: `SHA256(disk1.vmdk)= 0123…`, a line for each file. Pure.
import {InvalidInputError} from '../../base/index.ts'

export type DigestAlgorithm = 'sha1' | 'sha256' | 'sha512'
export interface FileDigest { readonly algorithm: DigestAlgorithm; readonly hex: string }

const lengths: Readonly<Record<DigestAlgorithm, number>> = {sha1: 40, sha256: 64, sha512: 128}
const mostLines = 1024

/**
 * @returns the digests by the name of the file
 * @throws InvalidInputError for a line that is none, and for two that disagree about a file
 */
export function parseDigests(text: string): ReadonlyMap<string, FileDigest> {
  const lines = text.split('\n').map((line) => line.trim()).filter((line) => line !== '')
  if (lines.length > mostLines) throw new InvalidInputError(`the list of digests has more than ${mostLines} lines`)
  const digests = new Map<string, FileDigest>()
  for (const line of lines) {
    const match = line.length > 512 ? null : /^(SHA1|SHA256|SHA512) ?\(([^=]{1,255})\) ?= ?([0-9a-f]{40,128})$/i.exec(line)
    const [, word = '', name = '', digits = ''] = match ?? []
    const algorithm = word.toLowerCase() as DigestAlgorithm
    if (match === null || digits.length !== lengths[algorithm]) throw new InvalidInputError(`the list of digests has a line that is none: '${line.slice(0, 80)}'`)
    const hex = digits.toLowerCase()
    const other = digests.get(name)
    if (other !== undefined && (other.hex !== hex || other.algorithm !== algorithm)) throw new InvalidInputError(`the list of digests has two for '${name.slice(0, 80)}'`)
    digests.set(name, {algorithm, hex})
  }
  return digests
}
