import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'corral backup show',
  summary: 'Show what is in a backup.',
  description: 'Its beginning is read: the configuration of the guest and, of a virtual machine, its disks with their sizes. Nothing is restored; `corral backup verify` reads all of it.',
  params: {volume: {...std.volume, maxLength: 1200, description: 'The volume id of the backup.'}},
  args: ['volume'],
  returns: {
    type: 'object', description: 'The backup.',
    properties: {
      volid: {type: 'string', description: 'The volume id.'},
      type: {type: 'string', description: 'The kind of guest: qemu, lxc or openvz.'},
      vmid: {type: 'integer', optional: true, description: 'The guest.'},
      format: {type: 'string', description: 'The format of the archive: vma or tar.'},
      compression: {type: 'string', description: 'How it is compressed, or `none`.'},
      ctime: {type: 'integer', optional: true, description: 'When it was made, in seconds since 1970.'},
      size: {type: 'integer', description: 'Size of the archive in bytes.'},
      disks: {
        type: 'array', optional: true, description: 'The disks of a virtual machine.',
        items: {type: 'object', properties: {name: {type: 'string', description: 'Its name in the archive.'}, size: {type: 'integer', description: 'Its size in bytes.'}}},
      },
      config: {type: 'string', description: 'The configuration of the guest.'},
    },
  },
  output: {as: 'lines'},
  kind: 'read',
  runsOn: 'node',
  needs: 'root',
  examples: [{line: 'corral backup show local:backup/vzdump-qemu-100-2025_01_31-12_00_00.vma.zst', meaning: 'What would be restored.'}],
  seeAlso: ['corral backup list', 'corral backup verify', 'pvesm extractconfig', 'qmrestore', 'pct restore'],
})
