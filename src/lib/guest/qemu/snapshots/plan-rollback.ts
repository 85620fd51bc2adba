// The plan that takes a virtual machine back to a snapshot: guest/snapshots/plan-rollback.ts, bound to its type. Pure.
import type {Action, Plan} from '../../../tasks/index.ts'
import type {GuestConfig} from '../../guest-config.ts'
import {checkRollbackOf, planRollbackOf} from '../../snapshots/plan-rollback.ts'
import type {RollbackParts} from '../../snapshots/plan-rollback.ts'
import {ownedBy} from '../../volume-owner.ts'
import type {GuestFile} from '../guest-files.ts'
import {qemuSnapshots, rolledBack} from './sections.ts'

export interface RollbackInput extends Omit<RollbackParts, 'volumes' | 'afterwards'> {
  readonly disks: RollbackParts['volumes']
  /** What removes a state that the configuration still named, of a suspension that was given up. */
  readonly stateRemoval?: readonly Action[]
  /** What starts it afterwards. */
  readonly startActions: readonly Action[]
}

/** @throws AppError for what keeps the guest from going back to it now; to be asked before disks are looked at */
export function checkRollback(guest: GuestFile, name: string): void {
  checkRollbackOf(qemuSnapshots, guest, name)
}

/** The configuration after it, without what only holds while a state is loaded. @throws NotFoundError */
export function configAfter(guest: GuestFile, name: string): GuestConfig {
  return rolledBack(guest.config, guest.vmid, name, ownedBy(guest.vmid))
}

/** @throws AppError as checkRollback */
export function planRollback({disks, stateRemoval = [], startActions, ...parts}: RollbackInput): Plan {
  return planRollbackOf(qemuSnapshots, {...parts, volumes: disks, afterwards: [...stateRemoval, ...startActions]})
}
