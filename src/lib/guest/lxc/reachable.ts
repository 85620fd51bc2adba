// What commands need that reach into the files of a container from outside: whether they may, and what they need of its configuration.
import type {Context} from '../../tasks/index.ts'
import type {ConfigSection} from '../guest-config.ts'
import type {GuestFile} from '../guest-files.ts'
import {isMountKey} from './config/index.ts'
import {assertUnlocked} from './kind.ts'
import {monitorOf} from './runtime/status.ts'
import type {RuntimeContext} from './runtime/status.ts'

/** A container that runs can always be reached; otherwise nothing else may be at work on its volumes. @throws ConflictError when it is stopped and locked */
export async function assertReachable(guest: GuestFile, context: RuntimeContext & Pick<Context, 'caller'>): Promise<void> {
  if (await monitorOf(guest.vmid, context) === undefined) assertUnlocked(guest, false, context.caller)
}

/** The volumes and the users of a configuration and nothing else, for plans: the environment of a container may hold secrets. */
export function filesSection({values, raw = []}: ConfigSection): ConfigSection {
  return {
    values: Object.fromEntries(Object.entries(values).filter(([key]) => isMountKey(key) || key === 'unprivileged')), raw: raw.filter(([key]) => key === 'lxc.idmap'),
  }
}
