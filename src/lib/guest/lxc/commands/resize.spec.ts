import {defineCommand, std} from '../../../spec/index.ts'
import {mountedVolumeParam} from '../volumes/container-volume.ts'

export const spec = defineCommand({
  id: 'pct resize',
  summary: 'Make a volume of a container larger.',
  description: `The file system on it grows as well, ext4 or xfs, also while the container runs, which sees the new room at once. On zfspool it is the limit of the
folder that is raised. Volumes are never made smaller, and folders without a limit have no size.`,
  api: {method: 'PUT', path: '/nodes/{node}/lxc/{vmid}/resize'},
  params: {
    vmid: std.vmid,
    disk: mountedVolumeParam,
    size: {type: 'string', pattern: '\\+?\\d+(?:\\.\\d+)?[KMGT]?', maxLength: 40, placeholder: '[+]size', description: 'The new size, such as `40G`; with a plus sign, how much is added to it: `+8G`. Bytes where no unit is given.'},
    digest: {...std.digest, maxLength: 40},
  },
  args: ['vmid', 'disk', 'size'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'resize', id: 'vmid'},
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.Config.Disk'},
  examples: [
    {line: 'pct resize 200 rootfs +8G', meaning: 'Add 8 GiB to the root file system.'},
    {line: 'pct resize 200 mp0 40G', meaning: 'Make the volume 40 GiB large.'},
  ],
  files: ['pct.conf'],
  seeAlso: ['pct move-volume', 'pct rescan'],
})
