import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'pct rescan',
  summary: 'Bring configurations up to date with the volumes on the storages.',
  description: `Sizes that were changed on the storage are written into the configurations, volumes of a container that nothing names become unused volumes
of it, and unused volumes that are in use again are no unused ones any more. No volume is touched, and snapshots stay as they are.

All containers of this node are looked at unless one is named; only those with something to change are locked.`,
  params: {
    dryrun: {type: 'boolean', optional: true, default: false, description: 'Say what would change, and change nothing. `--dry-run` shows the configurations as well.'},
    vmid: {...std.vmid, optional: true, description: 'Look at this container only.'},
  },
  args: [],
  returns: {type: 'array', items: {type: 'string'}, description: 'What was changed, a line each.'},
  output: {as: 'lines'},
  kind: 'change',
  runsOn: 'node',
  needs: 'root',
  examples: [
    {line: 'pct rescan', meaning: 'All containers of this node.'},
    {line: 'pct rescan --vmid 200 --dryrun', meaning: 'Say what has changed on the storages of one container.'},
  ],
  seeAlso: ['pct set', 'pvesm list'],
})
