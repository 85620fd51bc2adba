// The privileges and the roles that every installation has, with the names of Proxmox VE (pveum(1), "Privileges", "Roles"). Data only.

/** All privileges, by what they are about. */
const privilegesOf = {
  Datastore: ['Allocate', 'AllocateSpace', 'AllocateTemplate', 'Audit'],
  Group: ['Allocate'],
  Mapping: ['Audit', 'Modify', 'Use'],
  Permissions: ['Modify'],
  Pool: ['Allocate', 'Audit'],
  Realm: ['Allocate', 'AllocateUser'],
  SDN: ['Allocate', 'Audit', 'Use'],
  Sys: ['AccessNetwork', 'Audit', 'Console', 'Incoming', 'Modify', 'PowerMgmt', 'Syslog'],
  User: ['Modify'],
  VM: ['Allocate', 'Audit', 'Backup', 'Clone', 'Config.CDROM', 'Config.CPU', 'Config.Cloudinit', 'Config.Disk', 'Config.HWType', 'Config.Memory', 'Config.Network', 'Config.Options', 'Console', 'GuestAgent.Audit', 'GuestAgent.FileRead', 'GuestAgent.FileSystemMgmt', 'GuestAgent.FileWrite', 'GuestAgent.Unrestricted', 'Migrate', 'PowerMgmt', 'Replicate', 'Snapshot', 'Snapshot.Rollback'],
} as const

/** Every privilege: `VM.Config.Disk`. */
export const privileges: readonly string[] = Object.entries(privilegesOf).flatMap(([subject, names]) => names.map((name) => `${subject}.${name}`))

/** What only the administrator of the whole installation does. */
const notForAdmins = new Set(['Mapping.Modify', 'Permissions.Modify', 'Realm.Allocate', 'Sys.AccessNetwork', 'Sys.Incoming', 'Sys.Modify', 'Sys.PowerMgmt'])

/** What a user of virtual machines does not do. */
const notForUsers = new Set([
  'VM.Allocate', 'VM.Clone', 'VM.Config.CPU', 'VM.Config.Disk', 'VM.Config.HWType', 'VM.Config.Memory', 'VM.Config.Network', 'VM.Config.Options', 'VM.GuestAgent.Unrestricted', 'VM.Migrate', 'VM.Replicate', 'VM.Snapshot', 'VM.Snapshot.Rollback',
])

function about(subject: string): string[] {
  return privileges.filter((privilege) => privilege.startsWith(`${subject}.`))
}

/** The roles that need not be made, by name. */
export const builtInRoles: Readonly<Record<string, readonly string[]>> = {
  Administrator: privileges,
  NoAccess: [],
  PVEAdmin: privileges.filter((privilege) => !notForAdmins.has(privilege)),
  PVEAuditor: privileges.filter((privilege) => privilege.endsWith('.Audit')),
  PVEDatastoreAdmin: about('Datastore'),
  PVEDatastoreUser: ['Datastore.AllocateSpace', 'Datastore.Audit'],
  PVEMappingAdmin: about('Mapping'),
  PVEMappingUser: ['Mapping.Audit', 'Mapping.Use'],
  PVEPoolAdmin: about('Pool'),
  PVEPoolUser: ['Pool.Audit'],
  PVESDNAdmin: about('SDN'),
  PVESDNUser: ['SDN.Audit', 'SDN.Use'],
  PVESysAdmin: ['Sys.Audit', 'Sys.Console', 'Sys.Syslog'],
  PVETemplateUser: ['VM.Audit', 'VM.Clone'],
  PVEUserAdmin: ['Group.Allocate', 'Realm.AllocateUser', 'User.Modify'],
  PVEVMAdmin: about('VM'),
  PVEVMUser: about('VM').filter((privilege) => !notForUsers.has(privilege)),
}
