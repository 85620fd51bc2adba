import {defineCommand} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'corral schedule list',
  summary: 'Show when jobs begin next, and how they ended.',
  description: 'Of the jobs of this host, backups and snapshots alike, the next first. A job that runs shows its task.',
  params: {},
  args: [],
  returns: {
    type: 'array', description: 'The jobs by their next time.',
    items: {
      type: 'object',
      properties: {
        id: {type: 'string', description: 'The name of the job.'},
        type: {type: 'string', description: 'Its type in jobs.cfg.'},
        schedule: {type: 'string', description: 'When it begins.'},
        'next-run': {type: 'integer', optional: true, description: 'When it begins next, in seconds since 1970; absent when it never does.'},
        'last-run': {type: 'integer', optional: true, description: 'When it ended last, in seconds since 1970.'},
        status: {type: 'string', optional: true, description: 'How it ended, or `running`.'},
        upid: {type: 'string', optional: true, description: 'Its last task.'},
      },
    },
  },
  output: {
    as: 'table', isSilentWhenEmpty: true,
    columns: [
      {key: 'id', header: 'JOB'}, {key: 'type', header: 'TYPE'}, {key: 'schedule', header: 'SCHEDULE'}, {key: 'next-run', header: 'NEXT', unit: 'timestamp', absent: 'never'},
      {key: 'last-run', header: 'LAST', unit: 'timestamp', absent: '-'}, {key: 'status', header: 'STATUS', absent: '-'},
    ],
  },
  kind: 'read',
  runsOn: 'node',
  needs: {path: '/', privilege: 'Sys.Audit'},
  examples: [{line: 'corral schedule list', meaning: 'What comes next, and whether the last ones went well.'}],
  seeAlso: ['corral schedule run', 'corral backup job list', 'corral snapshot job list', 'pvenode task log'],
})
