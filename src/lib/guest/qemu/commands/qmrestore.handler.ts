// Makes a virtual machine from a backup.
import type {ParamsOf} from '../../../spec/index.ts'
import {handleChange} from '../../../tasks/index.ts'
import {planRestore, restoreLocks} from '../restore/plan-restore.ts'
import type {RestoreWish} from '../restore/plan-restore.ts'
import {spec} from './qmrestore.spec.ts'

export const handler = handleChange(spec, {
  locks: (params, context) => restoreLocks(wishOf(params), context),
  // Restores onto one storage wait for each other while volumes are made.
  lockTimeoutMs: 60_000,
  plan: (params, context) => planRestore(wishOf(params), context),
})

function wishOf(params: ParamsOf<typeof spec>): RestoreWish {
  const {vmid, archive, storage, bwlimit, pool} = params
  return {
    vmid, archive, storage, bandwidthKib: bwlimit, pool,
    isForced: params.force === true, isUnique: params.unique === true, isLive: params['live-restore'] === true, starts: params.start === true,
  }
}
