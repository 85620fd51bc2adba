import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'corral backup verify',
  summary: 'Read a whole backup and check that it is whole.',
  description: `The archive is read from its beginning to its end, and nothing is written. Its compressor has to find no fault. Of a virtual machine every piece has a checksum of its
table, and each part of each disk has to come once; of a container each file's header has a checksum, and the end has to be there. A backup without compression has no checksum over
the data of disks and files themselves.

Of a backup in a repository (storages of type restic) every piece is read and compared with the hash that names it. \`restic check --read-data\` does the same for all of a repository.`,
  params: {volume: {...std.volume, maxLength: 1200, description: 'The volume id of the backup.'}},
  args: ['volume'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'backupverify', id: 'volume'},
  runsOn: 'node',
  needs: 'root',
  examples: [{line: 'corral backup verify local:backup/vzdump-lxc-200-2025_01_31-12_00_00.tar.zst', meaning: 'Whether it can be restored.'}],
  seeAlso: ['corral backup list', 'corral backup collect', 'corral backup show', 'vzdump', 'qmrestore', 'pct restore'],
})
