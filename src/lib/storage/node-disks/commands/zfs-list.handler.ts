// corral disk zfs list: the pools of a host that are imported.
import {handleRead} from '../../../tasks/index.ts'
import {readPools} from '../zfs/pools.ts'
import {spec} from './zfs-list.spec.ts'

export const handler = handleRead(spec, async (_params, context) => (await readPools(context))
  .map(({name, size, alloc, free, frag, dedup, health}) => ({name, size, alloc, free, frag, dedup, health})).toSorted((a, b) => a.name.localeCompare(b.name, 'en')))
