import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'corral backup list',
  summary: 'List the backups of all storages.',
  description: 'The newest first. A storage that cannot be looked into is a warning; the others are listed.',
  params: {
    vmid: {...std.vmid, optional: true, description: 'Only backups of this guest.'},
    storage: {...std.storage, optional: true, description: 'Only those on this storage.'},
  },
  args: ['vmid'],
  returns: {
    type: 'array', description: 'The backups, the newest first.',
    items: {
      type: 'object',
      properties: {
        volid: {type: 'string', description: 'The volume id.'},
        vmid: {type: 'integer', optional: true, description: 'The guest.'},
        type: {type: 'string', optional: true, description: 'The kind of guest: qemu or lxc.'},
        ctime: {type: 'integer', optional: true, description: 'When it was made, in seconds since 1970.'},
        size: {type: 'integer', description: 'Size of the archive in bytes.'},
        notes: {type: 'string', optional: true, description: 'Its notes.'},
        protected: {type: 'boolean', description: 'Whether it is kept from being removed.'},
      },
    },
  },
  output: {
    as: 'table', isSilentWhenEmpty: true,
    columns: [
      {key: 'volid', header: 'BACKUP', isKeptWhole: true}, {key: 'vmid', header: 'VMID', align: 'right', absent: '-'}, {key: 'type', header: 'TYPE', absent: '-'},
      {key: 'ctime', header: 'MADE', unit: 'timestamp', absent: '-'}, {key: 'size', header: 'SIZE', unit: 'bytes', align: 'right'},
      {key: 'protected', header: 'PROTECTED'}, {key: 'notes', header: 'NOTES', isLeftOutWhenEmpty: true},
    ],
  },
  kind: 'read',
  runsOn: 'node',
  needs: {path: '/', privilege: 'Sys.Audit'},
  examples: [
    {line: 'corral backup list', meaning: 'All backups that this host can see.'},
    {line: 'corral backup list 100', meaning: 'Those of one guest.'},
  ],
  seeAlso: ['corral backup show', 'corral backup verify', 'pvesm list', 'vzdump'],
})
