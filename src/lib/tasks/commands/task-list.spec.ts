import {defineCommand, std} from '../../spec/index.ts'

export const spec = defineCommand({
  id: 'pvenode task list',
  summary: 'List the tasks of a host.',
  description: `Shows what ran on the host and how it ended, newest first. Tasks that still run are shown with \`--source active\`, or
before the others with \`--source all\`. A task whose process was killed is listed as *unexpected status*.`,
  api: {method: 'GET', path: '/nodes/{node}/tasks'},
  params: {
    errors: {type: 'boolean', optional: true, default: false, description: 'Only tasks that failed.'},
    limit: {type: 'integer', minimum: 0, optional: true, default: 50, description: 'Show at most this many; 0 shows all.'},
    since: {type: 'integer', optional: true, placeholder: 'seconds', description: 'Only tasks that began at this time or later, in seconds since 1970.'},
    source: {
      type: 'string', enum: ['archive', 'active', 'all'], optional: true, default: 'archive',
      description: 'Tasks that have ended (`archive`), that run (`active`), or both (`all`).',
    },
    start: {type: 'integer', minimum: 0, optional: true, default: 0, description: 'Leave out this many from the beginning of the list.'},
    statusfilter: {
      type: 'string', format: 'pve-task-status-type-list', optional: true, placeholder: 'ok | warning | error | unknown, …',
      description: 'Only tasks that ended in one of these ways.',
    },
    typefilter: {type: 'string', optional: true, placeholder: 'type', description: 'Only tasks of this type, such as `qmstart`.'},
    until: {type: 'integer', optional: true, placeholder: 'seconds', description: 'Only tasks that began at this time or earlier, in seconds since 1970.'},
    userfilter: {type: 'string', optional: true, placeholder: 'user', description: 'Only tasks whose user has this in the name.'},
    vmid: {...std.vmid, optional: true, description: 'Only tasks about this guest.'},
  },
  args: [],
  returns: {
    type: 'array', description: 'The tasks.',
    items: {
      type: 'object',
      properties: {
        upid: {type: 'string', description: 'The id of the task.'},
        node: {type: 'string', description: 'Where it ran.'},
        pid: {type: 'integer', description: 'The number of its process.'},
        pstart: {type: 'integer', description: 'When its process began, in clock ticks since the host started.'},
        starttime: {type: 'integer', description: 'When it began, in seconds since 1970.'},
        type: {type: 'string', description: 'What kind of task it was.'},
        id: {type: 'string', description: 'The object that it was about; may be empty.'},
        user: {type: 'string', description: 'Who started it.'},
        endtime: {type: 'integer', optional: true, description: 'When it ended, in seconds since 1970.'},
        status: {type: 'string', optional: true, description: 'How it ended: `OK`, `WARNINGS: n`, or the error. Absent while it runs.'},
      },
    },
  },
  output: {
    as: 'table', style: 'bordered',
    columns: [
      {key: 'upid', header: 'UPID', isKeptWhole: true}, {key: 'type', header: 'Type'}, {key: 'id', header: 'ID'}, {key: 'user', header: 'User'},
      {key: 'starttime', header: 'Starttime', unit: 'timestamp'}, {key: 'endtime', header: 'Endtime', unit: 'timestamp'},
      {key: 'status', header: 'Status'},
    ],
  },
  kind: 'read',
  runsOn: 'node',
  needs: {path: '/nodes/{node}', privilege: 'Sys.Audit'},
  examples: [
    {line: 'pvenode task list --errors', meaning: 'The last tasks that failed.'},
    {line: 'pvenode task list --source active', meaning: 'What runs now.'},
    {line: 'pvenode task list --vmid 100 --limit 5', meaning: 'The last five tasks about guest 100.'},
  ],
  seeAlso: ['pvenode task log', 'pvenode task status', 'corral task wait'],
})
