// The files by which a host looks at the schedule: a line for cron, or a service and a timer of systemd. Pure.
import type {Places} from '../../base/index.ts'
import {corralProgram} from '../../host/programs.ts'

interface Place { readonly node: string; readonly places: Pick<Places, 'root'> }
export interface ScheduleFile { readonly path: string; readonly text: string }

/** Where there is systemd, it says so (sd_booted(3)). */
export const systemdRunFolder = '/run/systemd/system'

/** The timer that the Debian package brings, under the name of the one that is made here: of the installation of the host, not of private ones. */
export const packagedTimerPath = '/usr/lib/systemd/system/corral-schedule.timer'

/** A private installation has names of its own: the folder's, without what names of cron files may not have (run-parts(8)). */
function nameOf({root}: Pick<Places, 'root'>): string {
  return root === undefined ? 'corral' : `corral-${[...root].map((letter) => (/[A-Za-z0-9]/.test(letter) ? letter : '-')).join('').replace(/^-+/, '')}`
}

export function scheduleFiles(places: Pick<Places, 'root'>) {
  const unit = places.root === undefined ? 'corral-schedule' : `${nameOf(places)}-schedule`
  return {
    cronPath: `/etc/cron.d/${nameOf(places)}`, timer: `${unit}.timer`,
    timerPath: `/etc/systemd/system/${unit}.timer`, servicePath: `/etc/systemd/system/${unit}.service`,
  }
}

export function cronFile({node, places}: Place): ScheduleFile {
  const lines = [
    '# Made by: corral schedule install. Looks every minute which jobs are due; what goes wrong is mailed to root.',
    'MAILTO=root',
    'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    `* * * * * root ${['/usr/bin/env', ...environmentOf({node, places}), ...corralProgram(), 'schedule', 'run'].map(cronWord).join(' ')}`,
  ]
  return {path: scheduleFiles(places).cronPath, text: `${lines.join('\n')}\n`}
}

export function systemdFiles({node, places}: Place): ScheduleFile[] {
  const {servicePath, timerPath} = scheduleFiles(places)
  const service = [
    '[Unit]', 'Description=Run the jobs of Corral that are due', 'Documentation=man:corral-schedule(7)', '',
    '[Service]', 'Type=oneshot', ...environmentOf({node, places}).map((each) => `Environment=${unitWord(each)}`),
    `ExecStart=${[...corralProgram(), 'schedule', 'run'].map(unitWord).join(' ')}`,
    // Backups take as long as they take, and tasks go on when the schedule is stopped.
    'TimeoutStartSec=infinity', 'KillMode=process',
  ]
  const timer = [
    '[Unit]', 'Description=Look every minute which jobs of Corral are due', 'Documentation=man:corral-schedule(7)', '',
    '[Timer]', 'OnCalendar=minutely', 'AccuracySec=1s', '', '[Install]', 'WantedBy=timers.target',
  ]
  return [{path: servicePath, text: `${service.join('\n')}\n`}, {path: timerPath, text: `${timer.join('\n')}\n`}]
}

/** Commands are meant for this host, whatever context root has chosen. */
function environmentOf({node, places: {root}}: Place): string[] {
  return ['CORRAL_CONTEXT=local', ...(root === undefined ? [] : [`CORRAL_ROOT=${root}`, `CORRAL_NODE=${node}`])]
}

/** For the shell that cron calls; in cron's lines a percent sign ends the command (crontab(5)). */
function cronWord(word: string): string {
  const quoted = /^[\w@+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
  return quoted.replaceAll('%', String.raw`\%`)
}

/** In units a percent sign and a dollar stand for something (systemd.unit(5), systemd.service(5)). */
function unitWord(word: string): string {
  const plain = word.replaceAll('%', '%%').replaceAll('$', '$$$$')
  return /^[\w@+=:,./%$-]+$/.test(plain) ? plain : `"${plain.replaceAll('\\', '\\\\').replaceAll('"', String.raw`\"`)}"`
}
