import {defineCommand, std} from '../../spec/index.ts'

export const spec = defineCommand({
  id: 'pvesm extractconfig',
  summary: 'Show the configuration of the guest in a backup.',
  description: `It is read from the beginning of the archive, as it was when the backup was made; nothing is restored. Archives of virtual machines (vma) and
of containers (tar) are opened, compressed or not.`,
  api: {method: 'GET', path: '/nodes/{node}/vzdump/extractconfig'},
  params: {volume: {...std.volume, maxLength: 1200, description: 'The volume id of the backup, such as `local:backup/vzdump-qemu-100-2025_01_31-12_00_00.vma.zst`.'}},
  args: ['volume'],
  returns: {type: 'string', description: 'The text of the configuration.'},
  output: {as: 'lines'},
  kind: 'read',
  runsOn: 'node',
  needs: 'root',
  examples: [{line: 'pvesm extractconfig local:backup/vzdump-qemu-100-2025_01_31-12_00_00.vma.zst', meaning: 'What the machine was like.'}],
  seeAlso: ['pvesm list', 'pvesm prune-backups'],
})
