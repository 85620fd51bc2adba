import {defineCommand} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'corral schedule run',
  summary: 'Run the jobs that are due.',
  description: `To be called every minute, by the systemd timer or cron line that \`corral schedule install\` makes. Each job is a task of its own, with a log. Backups run one
after the other, other jobs beside them. The command waits for the end of all that it began, and begins what becomes due meanwhile; a second one that is called then ends at once.

It says nothing when all is well. When a job fails, its log is told on standard error and the command fails in the end, so that cron mails it.

A job begins at most once for each of its times. When its time passed while nobody looked, it is left out, unless \`repeat-missed\` says otherwise. A schedule that was killed
is taken up by the next: tasks that were begun go on, are followed to their end, and are not begun again.`,
  params: {
    'max-workers': {type: 'integer', minimum: 1, maximum: 64, optional: true, default: 4, placeholder: 'number', description: 'How many jobs run at a time.'},
  },
  args: [],
  returns: {type: 'null'},
  output: {as: 'none'},
  kind: 'change',
  runsOn: 'node',
  needs: 'root',
  files: ['jobs.cfg in the configuration store: the jobs.'],
  examples: [
    {line: 'corral schedule run', meaning: 'What the timer calls every minute.'},
    {line: 'corral schedule run --dry-run', meaning: 'Show what is due.'},
  ],
  seeAlso: ['corral schedule list', 'corral schedule install', 'corral backup job add', 'corral snapshot job add', 'corral-schedule(7)'],
})
