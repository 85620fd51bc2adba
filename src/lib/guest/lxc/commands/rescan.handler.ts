// Brings the configurations of containers up to date with what the storages hold (guest/plan-rescan.ts).
import {handleChange} from '../../../tasks/index.ts'
import {locksOfRescan, planRescan} from '../../plan-rescan.ts'
import type {RescanWish} from '../../plan-rescan.ts'
import {formatLxcConfig, parseLxcConfig} from '../config/index.ts'
import {lxcKind} from '../kind.ts'
import {lxcRescan} from '../volumes/rescan.ts'
import {spec} from './rescan.spec.ts'

const wish: RescanWish = {kind: lxcKind, type: lxcRescan, label: 'CT', content: 'rootdir', parse: parseLxcConfig, format: formatLxcConfig}

export const handler = handleChange(spec, {
  locks: ({dryrun, vmid}, context) => locksOfRescan(wish, {isDry: dryrun === true, vmid}, context),
  lockTimeoutMs: 60_000,
  plan: ({dryrun, vmid}, context) => planRescan(wish, {isDry: dryrun === true, vmid}, context),
})
