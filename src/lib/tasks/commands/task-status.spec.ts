import {defineCommand, std} from '../../spec/index.ts'

export const spec = defineCommand({
  id: 'pvenode task status',
  summary: 'Show whether a task runs and how it ended.',
  api: {method: 'GET', path: '/nodes/{node}/tasks/{upid}/status'},
  params: {upid: std.upid},
  args: ['upid'],
  returns: {
    type: 'object', description: 'The task.',
    properties: {
      upid: {type: 'string', description: 'The id of the task.'},
      node: {type: 'string', description: 'Where it runs.'},
      pid: {type: 'integer', description: 'The number of its process.'},
      pstart: {type: 'integer', description: 'When its process began, in clock ticks since the host started.'},
      starttime: {type: 'integer', description: 'When it began, in seconds since 1970.'},
      type: {type: 'string', description: 'What kind of task it is.'},
      id: {type: 'string', description: 'The object that it is about; may be empty.'},
      user: {type: 'string', description: 'Who started it.'},
      status: {type: 'string', enum: ['running', 'stopped'], description: 'Whether it runs.'},
      exitstatus: {type: 'string', optional: true, description: 'How it ended: `OK`, `WARNINGS: n`, or the error. Absent while it runs.'},
    },
  },
  output: {as: 'fields'},
  kind: 'read',
  runsOn: 'node',
  needs: {path: '/nodes/{node}', privilege: 'Sys.Audit'},
  examples: [{line: 'pvenode task status UPID:h1:0000C346:165A0CE4:68D7279C:qmstart:100:root@pam:', meaning: 'Whether it runs, and how it ended.'}],
  seeAlso: ['pvenode task list', 'corral task wait'],
})
