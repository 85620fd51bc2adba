// pct restore: restore/plan-restore.ts says how.
import {handleChange} from '../../../tasks/index.ts'
import {planRestore, restoreLocks} from '../restore/plan-restore.ts'
import {spec} from './restore.spec.ts'

export const handler = handleChange(spec, {locks: restoreLocks, lockTimeoutMs: 60_000, plan: planRestore})
