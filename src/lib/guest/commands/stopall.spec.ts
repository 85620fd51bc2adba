import {defineCommand} from '../../spec/index.ts'
import {maxWorkers, vms} from './params.ts'

export const spec = defineCommand({
  id: 'pvenode stopall',
  summary: 'Shut down all guests of this node.',
  description: `Every guest that runs is asked to shut down, in the reverse of the order in which \`pvenode startall\` starts them; those of one order at the
same time. A guest has as many seconds as \`down\` of its key \`startup\` says, else those of \`--timeout\`. One that has not shut down by then is
stopped, unless \`--force-stop 0\` says otherwise.

A guest that does not end holds up nobody: the command fails in the end and names it.`,
  api: {method: 'POST', path: '/nodes/{node}/stopall'},
  params: {
    'force-stop': {type: 'boolean', optional: true, default: true, description: 'Stop a guest that has not shut down in time.'},
    'max-workers': {...maxWorkers, defaultText: '`max_workers` of datacenter.cfg, else 4', description: 'How many guests of one order are shut down at a time.'},
    timeout: {type: 'integer', minimum: 0, maximum: 7200, optional: true, default: 180, placeholder: 'seconds', description: 'How long a guest may take that does not say so itself. 0 stops it at once.'},
    vms,
  },
  args: [],
  returns: {type: 'string'},
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'stopall'},
  runsOn: 'node',
  needs: {path: '/', privilege: 'VM.PowerMgmt'},
  examples: [
    {line: 'pvenode stopall', meaning: 'What a systemd unit runs before the host goes down.'},
    {line: 'pvenode stopall --timeout 60 --dry-run', meaning: 'Show the order and the times.'},
  ],
  seeAlso: ['pvenode startall', 'qm shutdown'],
})
