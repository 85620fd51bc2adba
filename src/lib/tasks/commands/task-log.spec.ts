import {defineCommand, std} from '../../spec/index.ts'

export const spec = defineCommand({
  id: 'pvenode task log',
  summary: 'Show the log of a task.',
  description: 'Control characters that a program wrote into the log are shown as `\\x1B` and the like, so that a log cannot change your terminal.',
  api: {method: 'GET', path: '/nodes/{node}/tasks/{upid}/log'},
  params: {
    upid: std.upid,
    download: {type: 'boolean', optional: true, description: 'Give the whole log; not together with --start.'},
    start: {type: 'integer', minimum: 0, optional: true, default: 0, description: 'Leave out this many lines from the beginning.'},
  },
  args: ['upid'],
  returns: {type: 'array', items: {type: 'string'}, description: 'The lines of the log.'},
  output: {as: 'lines'},
  kind: 'read',
  runsOn: 'node',
  needs: {path: '/nodes/{node}', privilege: 'Sys.Audit'},
  examples: [{line: 'pvenode task log UPID:h1:0000C346:165A0CE4:68D7279C:qmstart:100:root@pam:', meaning: 'The log of one task, as listed by pvenode task list.'}],
  seeAlso: ['pvenode task list', 'corral task wait'],
})
