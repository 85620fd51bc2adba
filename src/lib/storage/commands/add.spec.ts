import {defineCommand, std} from '../../spec/index.ts'
import {dirParams} from '../dir/params.ts'
import {storageTypes} from '../plugins.ts'

export const spec = defineCommand({
  id: 'pvesm add',
  summary: 'Add a storage.',
  description: `The storage gets a section in the configuration, and its folders are made where they are missing. What lies in the folder
already becomes visible; nothing in it is changed.

Every installation has a storage \`local\` without being told so: a folder \`vz\` within its own state. \`pvesm set local\` changes its options.`,
  api: {method: 'POST', path: '/storage'},
  params: {
    type: {type: 'string', enum: storageTypes, description: 'The kind of storage: dir is a folder of the host.'},
    storage: {...std.storage, description: 'The name of the new storage.'},
    ...dirParams,
    path: {...dirParams.path, optional: true, description: 'The folder in which the volumes lie, as an absolute path. The type dir needs it.'},
  },
  args: ['type', 'storage'],
  returns: {
    type: 'object', description: 'The storage as it was added.',
    properties: {storage: {type: 'string', description: 'Its name.'}, type: {type: 'string', description: 'Its type.'}},
  },
  output: {as: 'none'},
  kind: 'change',
  runsOn: 'caller',
  needs: {path: '/storage', privilege: 'Datastore.Allocate'},
  files: ['storage.cfg in the configuration store: the storages and their options.'],
  examples: [
    {line: 'pvesm add dir fast --path /mnt/nvme --content images,rootdir', meaning: 'A folder for disks.'},
    {line: 'pvesm add dir usb --path /mnt/usb --is_mountpoint yes --content backup', meaning: 'A folder for backups that counts as offline while nothing is mounted there.'},
    {line: 'pvesm add dir fast --path /mnt/nvme --format qcow2 --dry-run', meaning: 'Show what would be written, and change nothing.'},
  ],
  seeAlso: ['pvesm set', 'pvesm remove', 'pvesm status'],
})
