import {defineCommand, std} from '../../spec/index.ts'

export const spec = defineCommand({
  id: 'pvesm list',
  summary: 'List the volumes on a storage.',
  description: 'Volumes of guests come first, then ISO images, templates and the like. Sizes are in bytes; that of a disk is what the guest sees.',
  api: {method: 'GET', path: '/nodes/{node}/storage/{storage}/content'},
  params: {
    storage: std.storage,
    content: {
      type: 'string', format: 'pve-storage-content', optional: true,
      description: 'Only volumes of this kind: images, rootdir, vztmpl, iso, backup, snippets or import.',
    },
    vmid: {...std.vmid, optional: true, description: 'Only volumes of this guest.'},
  },
  args: ['storage'],
  returns: {
    type: 'array', description: 'The volumes, sorted by their id.',
    items: {
      type: 'object',
      properties: {
        volid: {type: 'string', description: 'The volume id.'},
        content: {type: 'string', description: 'What kind of volume it is.'},
        format: {type: 'string', description: 'The format of the disk, image or archive.'},
        size: {type: 'integer', description: 'Size in bytes.'},
        used: {type: 'integer', optional: true, description: 'Bytes taken on the storage.'},
        vmid: {type: 'integer', optional: true, description: 'The guest that owns it.'},
        subtype: {type: 'string', optional: true, description: 'The kind of guest that a backup holds: qemu or lxc.'},
        ctime: {type: 'integer', optional: true, description: 'When it was made, in seconds since 1970.'},
        parent: {type: 'string', optional: true, description: 'The image on which this one stands.'},
        notes: {type: 'string', optional: true, description: 'The notes of a backup.'},
        protected: {type: 'integer', optional: true, description: '1 when the backup is kept from being pruned.'},
      },
    },
  },
  output: {as: 'lines'},
  kind: 'read',
  runsOn: 'node',
  needs: {path: '/storage/{storage}', privilege: 'Datastore.Audit'},
  examples: [
    {line: 'pvesm list local', meaning: 'Everything on the storage local.'},
    {line: 'pvesm list local --content images --vmid 100', meaning: 'The disks of guest 100.'},
  ],
  seeAlso: ['pvesm status', 'pvesm path', 'pvesm free'],
})
