import {defineCommand, std} from '../../spec/index.ts'

export const spec = defineCommand({
  id: 'pvesm alloc',
  summary: 'Make a new disk on a storage.',
  description: `The disk belongs to the guest whose number is given, but stands in no configuration yet: \`qm set\` attaches it. Give an empty name
(\`''\`) to take the next free one. Nothing is left behind when it fails or is interrupted.`,
  api: {method: 'POST', path: '/nodes/{node}/storage/{storage}/content'},
  params: {
    storage: std.storage,
    vmid: {...std.vmid, description: 'The guest that owns the disk. It need not exist yet.'},
    filename: {
      type: 'string', maxLength: 255, placeholder: 'filename',
      description: "The name of the disk, such as vm-100-disk-1.qcow2, or '' for the next free one. Its ending says the format.",
    },
    size: {type: 'string', pattern: '\\d{1,15}[MG]?', placeholder: 'size', description: 'Size in KiB; with M behind it in MiB, with G in GiB.'},
    format: {
      type: 'string', enum: ['raw', 'qcow2', 'vmdk'], optional: true, requires: 'size',
      description: 'The format of the disk. Default: what the name ends in, else the default of the storage.',
    },
  },
  args: ['storage', 'vmid', 'filename', 'size'],
  returns: {type: 'string', description: 'The id of the new volume.'},
  output: {as: 'lines'},
  kind: 'change',
  runsOn: 'node',
  needs: {path: '/storage/{storage}', privilege: 'Datastore.AllocateSpace'},
  examples: [
    {line: "pvesm alloc local 100 '' 32G", meaning: 'A disk of 32 GiB by the next free name.'},
    {line: 'pvesm alloc local 100 vm-100-data.qcow2 512M', meaning: 'A qcow2 disk by a name of its own.'},
    {line: "pvesm alloc local 100 '' 32G --format qcow2 --dry-run", meaning: 'Show what would be run, and change nothing.'},
  ],
  seeAlso: ['pvesm free', 'pvesm list', 'qm set'],
})
