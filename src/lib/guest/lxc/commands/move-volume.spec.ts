import {defineCommand, std} from '../../../spec/index.ts'
import {anyVolumeParam} from '../volumes/container-volume.ts'

const digest = {...std.digest, maxLength: 40} as const

export const spec = defineCommand({
  id: 'pct move-volume',
  aliases: ['pct move_volume'],
  summary: 'Move a volume to another storage, or to another container.',
  description: `The container must not run, since it has its volumes open; unused ones can be moved at any time. Images are copied as they are, and file by file where
one of the two storages makes folders. The old volume is kept as \`unusedN\` unless \`--delete\` is given. Interrupted, the move is taken back.

With \`--target-vmid\` the volume is given to another container of this node, under another name. Nothing is copied then.`,
  api: {method: 'POST', path: '/nodes/{node}/lxc/{vmid}/move_volume'},
  params: {
    vmid: std.vmid,
    volume: anyVolumeParam,
    storage: {...std.storage, optional: true, description: 'The storage that takes the volume.'},
    'target-vmid': {...std.vmid, optional: true, description: 'The container that the volume is given to.'},
    'target-volume': {...anyVolumeParam, optional: true, requires: 'target-vmid', defaultText: 'as it is called now', description: 'What the volume is called in the other container.'},
    bwlimit: {type: 'number', minimum: 0, optional: true, placeholder: 'KiB/s', defaultText: 'the limits of storages and datacenter.cfg', description: 'How fast the volume is copied at most, in KiB a second; 0 is no limit.'},
    delete: {type: 'boolean', optional: true, default: false, description: 'Remove the old volume once it is moved. **Its data is lost**, but for the copy.'},
    digest,
    'target-digest': {...digest, requires: 'target-vmid', description: 'Refuse the change when the configuration of the other container is no longer the one with this SHA-1 digest.'},
  },
  args: ['vmid', 'volume', 'storage', 'target-vmid', 'target-volume'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'move_volume', id: 'vmid'},
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.Config.Disk'},
  examples: [
    {line: 'pct move-volume 200 rootfs fast', meaning: 'Move the root file system, and keep the old volume as an unused one.'},
    {line: 'pct move-volume 200 mp0 tank --delete', meaning: 'Remove the old volume afterwards.'},
    {line: 'pct move-volume 200 mp0 --target-vmid 201 --target-volume mp1', meaning: 'Give it to another container.'},
  ],
  files: ['pct.conf'],
  seeAlso: ['pct resize', 'pct rescan', 'pct clone'],
})
