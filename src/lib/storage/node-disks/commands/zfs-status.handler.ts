// corral disk zfs status: one pool, its devices and their errors.
import {NotFoundError, ToolError} from '../../../base/index.ts'
import {handleRead} from '../../../tasks/index.ts'
import {parsePoolStatus} from '../zfs/pool-status.ts'
import type {PoolNode, PoolStatus} from '../zfs/pool-status.ts'
import {askZfs} from '../zfs/pools.ts'
import {alignedLines} from './aligned-lines.ts'
import {spec} from './zfs-status.spec.ts'

export const handler = handleRead(spec, async ({name}, context): Promise<PoolStatus> => {
  const argv = ['zpool', 'status', '-pP', '--', name]
  const found = parsePoolStatus(await askZfs(argv, context).catch((error: unknown) => { throw isMissing(error) ? noSuchPool(name, error) : error }))
  if (found === undefined) throw new ToolError('zpool answered with something that is no status of a pool', {host: context.host.name, argv, exitCode: 0, stderr: ''})
  return found
}, statusLines)

function isMissing(error: unknown): boolean {
  return error instanceof ToolError && /no such pool/.test(error.failure.stderr)
}

function noSuchPool(name: string, cause: unknown): NotFoundError {
  return new NotFoundError(`the host has no ZFS pool '${name}'`, {cause, nextSteps: ['See which there are: corral disk zfs list', 'One that is not imported: zpool import']})
}

export function statusLines({name, state, status, action, see, scan, errors, children}: PoolStatus): string[] {
  const field = (word: string, text: string | undefined) => text === undefined || text === '' ? [] : text.split('\n').map((line, index) => `${index === 0 ? `${word}: ` : '  '}${line}`)
  const rows = children.flatMap((child) => rowsOf(child, ''))
  return [
    ...field('pool', name), ...field('state', state), ...field('status', status), ...field('action', action), ...field('see', see), ...field('scan', scan), ...field('errors', errors),
    ...rows.length === 0 ? [] : ['', ...alignedLines([['NAME', 'STATE', 'READ', 'WRITE', 'CKSUM', ''], ...rows], [2, 3, 4])],
  ]
}

function rowsOf({name, state = '', read, write, cksum, msg, children = []}: PoolNode, indent: string): string[][] {
  return [[`${indent}${name}`, state, ...[read, write, cksum].map((count) => count === undefined ? '' : String(count)), msg], ...children.flatMap((child) => rowsOf(child, `${indent}  `))]
}
