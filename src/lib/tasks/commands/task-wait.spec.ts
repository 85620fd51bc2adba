import {defineCommand, std} from '../../spec/index.ts'

export const spec = defineCommand({
  id: 'corral task wait',
  summary: 'Follow a task until it ends.',
  description: `Shows the log of the task on standard error while it is written, from its first line, and ends as the task ends: with 0 when it
succeeded, else with the error of the task and the exit code of its kind. A task that has ended already is no different.

Ctrl-C stops waiting; the task goes on. To stop the task itself use \`corral task stop\`.`,
  params: {
    upid: std.upid,
    timeout: {type: 'integer', minimum: 1, maximum: 31_536_000, optional: true, placeholder: 'seconds', description: 'Give up after this many seconds; the task goes on.'},
  },
  args: ['upid'],
  returns: {type: 'string', description: 'How it ended: `OK` or `WARNINGS: n`.'},
  output: {as: 'lines'},
  kind: 'read',
  runsOn: 'node',
  needs: {path: '/nodes/{node}', privilege: 'Sys.Audit'},
  examples: [{line: 'corral task wait UPID:h1:0000C346:165A0CE4:68D7279C:qmstart:100:root@pam: --timeout 60', meaning: 'Wait for a minute at most.'}],
  seeAlso: ['pvenode task list', 'corral task stop'],
})
