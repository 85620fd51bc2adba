// The one file that knows every command, every kind of action and every check of the doctor, and how to load them. Nothing is loaded
// before it is asked for.
import {actionLoaders as vzdumpActions} from './backup/vzdump/actions/index.ts'
import {commands as vzdumpCommands} from './backup/vzdump/commands/index.ts'
import {actionLoaders as archiveActions} from './backup/archives/actions/index.ts'
import {commands as archiveCommands} from './backup/archives/commands/index.ts'
import {actionLoaders as jobActions} from './backup/jobs/actions/index.ts'
import {commands as jobCommands} from './backup/jobs/commands/index.ts'
import {actionLoaders as scheduleActions} from './backup/schedule/actions/index.ts'
import {commands as scheduleCommands} from './backup/schedule/commands/index.ts'
import {actionLoaders as completionActions} from './completion/actions/index.ts'
import {commands as completionCommands} from './completion/commands/index.ts'
import {hasNames} from './completion/named-paths.ts'
import {actionLoaders as guestActions} from './guest/actions/index.ts'
import {commands as guestCommands} from './guest/commands/index.ts'
import {actionLoaders as lxcActions} from './guest/lxc/actions/index.ts'
import {commands as lxcCommands} from './guest/lxc/commands/index.ts'
import {actionLoaders as qemuActions} from './guest/qemu/actions/index.ts'
import {commands as qemuCommands} from './guest/qemu/commands/index.ts'
import {doctorCheckLoaders as lxcChecks} from './guest/lxc/doctor-checks.ts'
import {doctorCheckLoaders as qemuChecks} from './guest/qemu/doctor-checks.ts'
import {actionLoaders as hostActions} from './hosts/actions/index.ts'
import {commands as hostCommands} from './hosts/commands/index.ts'
import {actionLoaders as storageActions} from './storage/actions/index.ts'
import {commands as storageCommands} from './storage/commands/index.ts'
import {doctorCheckLoaders as storageChecks} from './storage/doctor-checks.ts'
import {actionLoaders as applianceActions} from './storage/appliances/actions/index.ts'
import {commands as applianceCommands} from './storage/appliances/commands/index.ts'
import {actionLoaders as diskActions} from './storage/node-disks/actions/index.ts'
import {commands as diskCommands} from './storage/node-disks/commands/index.ts'
import {actionLoaders as taskActions} from './tasks/actions/index.ts'
import {commands as taskCommands} from './tasks/commands/index.ts'
import type {Catalog} from './tasks/index.ts'

/** Puts the tables of the domains together. @throws Error when two of them claim one name, which is a bug */
export function mergeTables<T>(...tables: readonly Readonly<Record<string, T>>[]): Readonly<Record<string, T>> {
  const merged = Object.create(null) as Record<string, T>
  for (const table of tables) {
    for (const [name, value] of Object.entries(table)) {
      if (name in merged) throw new Error(`two domains claim '${name}'`)
      merged[name] = value
    }
  }
  return merged
}

export const catalog: Catalog = {
  commands: mergeTables(taskCommands, storageCommands, diskCommands, applianceCommands, guestCommands, qemuCommands, lxcCommands, vzdumpCommands, archiveCommands, jobCommands, scheduleCommands, hostCommands, completionCommands),
  actionLoaders: mergeTables(taskActions, storageActions, diskActions, applianceActions, guestActions, qemuActions, lxcActions, vzdumpActions, archiveActions, jobActions, scheduleActions, hostActions, completionActions),
  doctorCheckLoaders: mergeTables(storageChecks, qemuChecks, lxcChecks),
  names: {concerns: hasNames, load: async () => (await import('./completion/name-keeper.ts')).nameKeeper},
}
