// Brings the configurations of virtual machines up to date with what the storages hold (guest/plan-rescan.ts).
import {handleChange} from '../../../tasks/index.ts'
import {locksOfRescan, planRescan} from '../../plan-rescan.ts'
import type {RescanWish} from '../../plan-rescan.ts'
import {formatQemuConfig, parseQemuConfig} from '../config/config-file.ts'
import {qemuRescan} from '../drives/rescan.ts'
import {qemuKind} from '../guest-files.ts'
import {spec} from './disk-rescan.spec.ts'

const wish: RescanWish = {kind: qemuKind, type: qemuRescan, label: 'VM', content: 'images', parse: parseQemuConfig, format: formatQemuConfig}

export const handler = handleChange(spec, {
  locks: ({dryrun, vmid}, context) => locksOfRescan(wish, {isDry: dryrun === true, vmid}, context),
  lockTimeoutMs: 60_000,
  plan: ({dryrun, vmid}, context) => planRescan(wish, {isDry: dryrun === true, vmid}, context),
})
