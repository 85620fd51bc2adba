import {defineCommand} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'corral schedule analyze',
  summary: 'Show when a calendar event comes.',
  description: 'Nothing has to be configured: it shows what a schedule means before a job gets it.',
  api: {method: 'GET', path: '/cluster/jobs/schedule-analyze'},
  params: {
    schedule: {type: 'string', format: 'pve-calendar-event', maxLength: 128, placeholder: 'event', description: 'The calendar event.'},
    iterations: {type: 'integer', minimum: 1, maximum: 100, optional: true, default: 10, placeholder: 'number', description: 'How many times are shown.'},
    starttime: {type: 'integer', optional: true, defaultText: 'now', placeholder: 'seconds', description: 'After which time, in seconds since 1970.'},
  },
  args: ['schedule'],
  returns: {
    type: 'array', description: 'The times in their order; fewer where there are no more.',
    items: {
      type: 'object',
      properties: {timestamp: {type: 'integer', description: 'The time in seconds since 1970.'}, utc: {type: 'string', description: 'The time in UTC.'}},
    },
  },
  output: {as: 'table', columns: [{key: 'timestamp', header: 'TIME', unit: 'timestamp'}, {key: 'utc', header: 'UTC'}]},
  kind: 'read',
  runsOn: 'node',
  needs: {path: '/', privilege: 'Sys.Audit'},
  examples: [
    {line: 'corral schedule analyze "mon..fri 22:30"', meaning: 'The next ten times.'},
    {line: 'corral schedule analyze "sat *-*-1..7 15:00" --iterations 3', meaning: 'The first Saturday of the next three months.'},
  ],
  seeAlso: ['corral schedule list', 'corral backup job add', 'corral-schedule(7)'],
})
