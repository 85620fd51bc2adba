import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'qm disk rescan',
  aliases: ['qm rescan'],
  summary: 'Bring configurations up to date with the volumes on the storages.',
  description: `Sizes that were changed on the storage are written into the configurations, volumes of a machine that nothing names become unused disks of
it, and unused disks that are in use again are no unused disks any more. No volume is touched, and snapshots stay as they are.

All virtual machines of this node are looked at unless one is named; only those with something to change are locked.`,
  params: {
    dryrun: {type: 'boolean', optional: true, default: false, description: 'Say what would change, and change nothing. `--dry-run` shows the configurations as well.'},
    vmid: {...std.vmid, optional: true, description: 'Look at this virtual machine only.'},
  },
  args: [],
  returns: {type: 'array', items: {type: 'string'}, description: 'What was changed, a line each.'},
  output: {as: 'lines'},
  kind: 'change',
  runsOn: 'node',
  needs: 'root',
  examples: [
    {line: 'qm disk rescan', meaning: 'All virtual machines of this node.'},
    {line: 'qm disk rescan --vmid 100 --dryrun', meaning: 'Say what has changed on the storages of one machine.'},
  ],
  seeAlso: ['qm set', 'pvesm list'],
})
