import {defineCommand, std} from '../../spec/index.ts'

export const spec = defineCommand({
  id: 'corral task stop',
  summary: 'Stop a task that runs.',
  description: `Asks the task to stop and waits for its end: it takes back what it has done so far. Tasks that cannot be taken back, such as
\`qm destroy\`, go on to their end. A task that has not ended when the time is up is killed, and what it left is cleared up.`,
  params: {
    upid: std.upid,
    timeout: {
      type: 'integer', minimum: 1, maximum: 86_400, optional: true, default: 60, placeholder: 'seconds',
      description: 'Kill the task when it has not ended after this many seconds.',
    },
  },
  args: ['upid'],
  returns: {type: 'null'},
  output: {as: 'none'},
  kind: 'change',
  runsOn: 'node',
  needs: {path: '/nodes/{node}', privilege: 'Sys.Modify'},
  examples: [{line: 'corral task stop UPID:h1:0000C346:165A0CE4:68D7279C:qmstart:100:root@pam:', meaning: 'Stop one task, as listed by pvenode task list --source active.'}],
  seeAlso: ['pvenode task list', 'corral task wait', 'corral doctor'],
})
