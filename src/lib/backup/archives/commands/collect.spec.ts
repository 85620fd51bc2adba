import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'corral backup collect',
  summary: 'Remove from a repository what no backup needs any more.',
  description: `For storages of type restic. Removing a backup there, by hand or by the rules for keeping backups, takes away its name; its data may be another backup's as well, and stays
until it is collected. The program restic does it (\`restic prune\`): it looks through all snapshots, also those that others keep in the repository, and packs anew what is left. Nobody else
may read or write the repository meanwhile; while somebody does, nothing is collected, and the command names who. When it is interrupted nothing that is needed is lost, and the next call goes on.`,
  params: {storage: {...std.storage, description: 'The storage, of type restic.'}},
  args: ['storage'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'backupcollect', id: 'storage'},
  runsOn: 'node',
  needs: {path: '/storage/{storage}', privilege: 'Datastore.Allocate'},
  examples: [
    {line: 'corral backup collect vault', meaning: 'After older backups were pruned: give back their room.'},
    {line: 'corral backup collect vault --dry-run', meaning: 'Show what would be called.'},
  ],
  seeAlso: ['pvesm prune-backups', 'corral backup verify', 'corral backup list', 'pvesm add', 'corral-backup-repository(7)'],
})
