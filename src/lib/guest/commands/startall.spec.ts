import {defineCommand} from '../../spec/index.ts'
import {maxWorkers, vms} from './params.ts'

export const spec = defineCommand({
  id: 'pvenode startall',
  summary: 'Start the guests that are to run when this node does.',
  description: `Starts every guest with \`onboot: 1\` that does not run, templates aside. The key \`startup\` says in which order: those with the smallest
\`order\` come first, those without one last, and by VMID where it is the same. The next order is begun when all of the one before were started.

After each start as many seconds are waited as \`up\` says, else 3, to spread the load. Each start is a task of its own. A guest that does not
start holds up nobody: the others are started, and the command fails in the end and names it.

Run at boot, it waits first for as long as \`startall-onboot-delay\` of the node's configuration says; not with \`--force\`.`,
  api: {method: 'POST', path: '/nodes/{node}/startall'},
  params: {
    force: {type: 'boolean', optional: true, default: false, description: 'Start the guests without `onboot: 1` as well.'},
    'max-workers': {...maxWorkers, defaultText: '1', description: 'How many guests of one order are started at a time.'},
    vms,
  },
  args: [],
  returns: {type: 'string'},
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'startall'},
  runsOn: 'node',
  needs: {path: '/', privilege: 'VM.PowerMgmt'},
  examples: [
    {line: 'pvenode startall', meaning: 'What a systemd unit runs when the host has booted.'},
    {line: 'pvenode startall --vms 100,101 --force', meaning: 'Start these two, in their order.'},
    {line: 'pvenode startall --dry-run', meaning: 'Show the order and the pauses.'},
  ],
  seeAlso: ['pvenode stopall', 'qm start', 'qm set'],
})
