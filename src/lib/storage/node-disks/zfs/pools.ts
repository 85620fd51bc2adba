// The ZFS pools of a host that are imported, and what is in them, as zpool and zfs tell.
import {ToolError, UnavailableError} from '../../../base/index.ts'
import type {Context} from '../../../tasks/index.ts'
import {askProgram, filledLines} from '../../scan/ask-program.ts'

export interface Pool {
  readonly name: string
  readonly size: number
  readonly alloc: number
  readonly free: number
  /** Per cent; -1 where ZFS does not tell it, as for a pool that it cannot write to. */
  readonly frag: number
  readonly dedup: number
  readonly health: string
  readonly guid: string
  readonly comment: string
}

export interface Dataset {
  readonly name: string
  readonly kind: string
  readonly usedBytes: number
  /** Where it is mounted now. */
  readonly mountPoint?: string
}

type Looking = Pick<Context, 'host' | 'signal'>

const poolsArgv = ['zpool', 'list', '-Hp', '-o', 'name,size,alloc,free,frag,dedup,health,guid,comment'] as const

/** @throws UnavailableError when ZFS is not there or does not answer */
export async function readPools(context: Looking): Promise<Pool[]> {
  return parsePools(await askZfs(poolsArgv, context))
}

/** The file systems and volumes of a pool, the pool's own first. @throws as above */
export async function datasetsIn(pool: string, context: Looking): Promise<Dataset[]> {
  return parseDatasets(await askZfs(['zfs', 'list', '-Hp', '-r', '-t', 'filesystem,volume', '-o', 'name,type,used,mounted,mountpoint', '--', pool], context))
}

/** @throws UnavailableError with what is to be done when the kernel has no ZFS; ToolError */
export async function askZfs(argv: readonly string[], context: Looking): Promise<string> {
  try {
    return (await askProgram({argv, package: 'zfsutils-linux', asked: 'ZFS'}, context)).stdout
  } catch (error) {
    if (!(error instanceof ToolError) || !/modules cannot be auto-loaded|modules are not loaded/.test(error.failure.stderr)) throw error
    throw new UnavailableError("the host's kernel has no ZFS", {cause: error, nextSteps: ['Install it: apt-get install zfs-dkms', 'modprobe zfs']})
  }
}

/** Pure: `zpool list -Hp`, tabs between the fields. */
export function parsePools(text: string): Pool[] {
  return filledLines(text).flatMap((line) => {
    const [name = '', size, alloc, free, frag, dedup, health = '', guid = '', comment = '-'] = line.split('\t')
    if (name === '' || guid === '') return []
    return [{
      name, size: numberOf(size), alloc: numberOf(alloc), free: numberOf(free), frag: numberOf(frag, -1), dedup: numberOf(dedup, 1), health, guid,
      comment: comment === '-' ? '' : comment,
    }]
  })
}

/** Pure: `zfs list -Hp -o name,type,used,mounted,mountpoint`. */
export function parseDatasets(text: string): Dataset[] {
  return filledLines(text).flatMap((line) => {
    const [name = '', kind = '', used, mounted, mountPoint = ''] = line.split('\t')
    return name === '' ? [] : [{name, kind, usedBytes: numberOf(used), ...(mounted === 'yes' && mountPoint.startsWith('/') ? {mountPoint} : {})}]
  })
}

/** A percentage stands with or without its sign, a ratio with or without an `x`. */
function numberOf(text = '', otherwise = 0): number {
  const bare = text.replace(/[%x]$/, '')
  return /^\d{1,20}(?:\.\d{1,9})?$/.test(bare) ? Number(bare) : otherwise
}
