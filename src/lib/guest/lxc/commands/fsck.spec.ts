import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'pct fsck',
  summary: 'Check the file system of a container, and repair it.',
  description: `For a container that does not run. ext4 is checked by e2fsck, which repairs what it can without asking, and xfs by xfs_repair. Folders, subvolumes and datasets have no file
system of their own that could be checked.`,
  params: {
    vmid: std.vmid,
    device: {type: 'string', pattern: 'rootfs|mp(?:[0-9]|[1-9][0-9]|1[0-9][0-9]|2[0-4][0-9]|25[0-5])', optional: true, default: 'rootfs', placeholder: 'rootfs|mp[n]', description: 'The file system that is checked: `rootfs`, or a mount point.'},
    force: {type: 'boolean', optional: true, default: false, description: 'Check it even when it says that it is clean.'},
  },
  args: ['vmid'],
  returns: {type: 'array', items: {type: 'string'}, description: 'What the check said.'},
  output: {as: 'lines'},
  kind: 'change',
  runsOn: 'guest-node',
  needs: 'root',
  examples: [
    {line: 'pct fsck 200', meaning: 'The root file system.'},
    {line: 'pct fsck 200 --device mp0 --force', meaning: 'A mount point, whatever it says of itself.'},
  ],
  seeAlso: ['pct mount', 'pct df'],
})
