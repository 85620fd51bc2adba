import {defineCommand, std} from '../../../spec/index.ts'
import {cleanupParams, nameParam} from './params-creation.ts'

export const spec = defineCommand({
  id: 'corral disk directory destroy',
  summary: 'Unmount a directory for good.',
  description: `The file system is unmounted, now and at every boot. What is in it stays on the disk, but with \`--cleanup-disks\`: then it is lost, and \`--dry-run\` says so.

**Refused while it is used:** a guest on this host has a disk there, running or not, or somebody has a file in it open.`,
  api: {method: 'DELETE', path: '/nodes/{node}/disks/directory/{name}'},
  params: {name: nameParam('The name of the directory below /mnt/pve.'), ...cleanupParams},
  args: ['name'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'dirremove', id: 'name'},
  runsOn: 'node',
  needs: {path: '/', privilege: 'Sys.Modify'},
  examples: [
    {line: 'corral disk directory destroy backups', meaning: 'Unmount it; the files stay on the disk.'},
    {line: 'corral disk directory destroy backups --cleanup-config --cleanup-disks --dry-run', meaning: 'Say what would be lost.'},
  ],
  seeAlso: ['corral disk directory list', 'corral disk directory create', 'corral disk wipe'],
})
