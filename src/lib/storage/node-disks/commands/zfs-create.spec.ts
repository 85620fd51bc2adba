import {defineCommand, std} from '../../../spec/index.ts'
import {draidFormat, raidLevels} from '../zfs/raid-level.ts'
import {addStorageParam, newNameParam} from './params-creation.ts'

export const spec = defineCommand({
  id: 'corral disk zfs create',
  summary: 'Make a ZFS pool on blank disks.',
  description: `The disks or partitions become a new pool, which is mounted at \`/NAME\` and imported at every boot. With \`--add_storage\` a storage of type zfspool for disks of guests is added for this host.

| \`--raidlevel\` | devices at least | what may fail |
| --- | --- | --- |
| single | 1, and no more | none |
| mirror | 2 | all but one |
| raid10 | 4, in pairs | one of each pair |
| raidz, raidz2, raidz3 | 3, 4, 5 | one, two, three |
| draid, draid2, draid3 | 3, 4, 5 | one, two, three, with spares spread over all of them |

A disk with anything on it is refused, and what is on it is named. When the command fails or is interrupted, the disks are blank again: the pool's comment says which operation made it.`,
  api: {method: 'POST', path: '/nodes/{node}/disks/zfs'},
  params: {
    name: newNameParam('The name of the pool, and of the storage.'),
    devices: {type: 'string', format: 'string-list', maxLength: 16_384, placeholder: 'device[,...]', completion: 'file', description: 'The blank disks or partitions; for raid10 each two that follow each other are a pair.'},
    raidlevel: {type: 'string', enum: raidLevels, description: 'How the devices stand to each other.'},
    'draid-config': {type: 'string', format: draidFormat, optional: true, description: 'For draid: how many devices of a group hold data, and how many are spares.'},
    ashift: {type: 'integer', minimum: 9, maximum: 16, optional: true, default: 12, description: 'The size of a sector as a power of two: 12 is 4 KiB. It cannot be changed later.'},
    compression: {type: 'string', enum: ['on', 'off', 'gzip', 'lz4', 'lzjb', 'zle', 'zstd'], optional: true, default: 'on', description: 'How data is compressed.'},
    add_storage: addStorageParam,
  },
  args: ['name'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'zfscreate', id: 'name'},
  runsOn: 'node',
  needs: {path: '/', privilege: 'Sys.Modify'},
  examples: [
    {line: 'corral disk zfs create tank --raidlevel mirror --devices /dev/sdb,/dev/sdc --add_storage', meaning: 'A mirror, and a storage on it.'},
    {line: 'corral disk zfs create tank --raidlevel draid2 --draid-config data=4,spares=1 --devices /dev/sdb,/dev/sdc,/dev/sdd,/dev/sde,/dev/sdf,/dev/sdg,/dev/sdh --dry-run', meaning: 'Show what would be done.'},
  ],
  seeAlso: ['corral disk zfs list', 'corral disk zfs status', 'corral disk zfs destroy', 'corral disk list', 'pvesm add', 'zpool-create(8)', 'zpoolconcepts(7)'],
})
