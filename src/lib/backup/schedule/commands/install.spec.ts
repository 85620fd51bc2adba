import {defineCommand} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'corral schedule install',
  summary: 'Have the schedule looked at every minute.',
  description: `Makes a systemd timer, or a line for cron where the host does not run systemd, that calls \`corral schedule run\`. Without an option the host decides.
Doing it again brings it up to date.

The Debian package brings a timer of its own. Where it is there, no files are written: the timer is switched on, and files of former times are removed, since they would stand
before it. With --cron it is switched off, so that the schedule is not looked at twice.

A private installation (CORRAL_ROOT) gets a timer or line of its own.`,
  params: {
    cron: {type: 'boolean', optional: true, description: 'A file in /etc/cron.d, whatever the host runs.'},
    systemd: {type: 'boolean', optional: true, description: 'A timer in /etc/systemd/system.'},
  },
  args: [],
  returns: {type: 'object', description: 'What was made.', properties: {files: {type: 'array', items: {type: 'string'}, description: 'The files; none where the timer of the package is used.'}}},
  output: {as: 'none'},
  kind: 'change',
  runsOn: 'node',
  needs: 'root',
  files: ['/etc/cron.d/corral: the line for cron.', '/etc/systemd/system/corral-schedule.timer, corral-schedule.service: the timer.'],
  examples: [
    {line: 'corral schedule install', meaning: 'By what the host has.'},
    {line: 'corral schedule install --cron', meaning: 'By cron.'},
    {line: 'corral schedule install --dry-run', meaning: 'Show which files would be written.'},
  ],
  seeAlso: ['corral schedule remove', 'corral schedule run', 'corral schedule list', 'crontab(5)', 'systemd.timer(5)'],
})
