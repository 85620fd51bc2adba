// The program that compresses an archive, and what it adds to the archive's name. Pure.
import type {JobOptions} from './job-options.ts'

export interface Compressor {
  /** Behind `vma` or `tar`: `.zst`. */
  readonly suffix: string
  readonly argv?: readonly string[]
}

/**
 * zstd at its lowest level: three times as fast as at the usual one, for an archive that is a twelfth larger. And without --rsyncable, which takes half as much time again: who copies
 * archives again and again has repositories for that.
 * @param processors of the host, of which half are used where the number of threads is left to us
 */
export function compressorOf({compress, pigz, zstd}: Pick<JobOptions, 'compress' | 'pigz' | 'zstd'>, processors: number): Compressor {
  const half = Math.max(1, Math.floor(processors / 2))
  if (compress === 'zstd') return {suffix: '.zst', argv: ['zstd', '-q', '-1', `--threads=${zstd === 0 ? half : zstd}`, '-c']}
  if (compress === 'lzo') return {suffix: '.lzo', argv: ['lzop', '-c']}
  if (compress === 'gzip') return {suffix: '.gz', argv: pigz === 0 ? ['gzip', '--rsyncable', '-c'] : ['pigz', '-p', String(pigz === 1 ? half : pigz), '--rsyncable', '-c']}
  return {suffix: ''}
}
