// corral schedule install: the files by which the schedule is looked at, with what makes systemd take notice. The timer of the Debian package is used where it is
// there: then no files are written, and those of former times are taken away, since they stand before it.
import {InvalidInputError} from '../../../base/index.ts'
import type {Host} from '../../../host/index.ts'
import {handleChange} from '../../../tasks/index.ts'
import type {Step} from '../../../tasks/index.ts'
import {lookForTimer} from '../look-for-timer.ts'
import type {ScheduleFile} from '../schedule-files.ts'
import {cronFile, scheduleFiles, systemdFiles} from '../schedule-files.ts'
import {spec} from './install.spec.ts'

export const handler = handleChange(spec, {
  locks: () => ['schedule/files'],
  plan: async ({cron, systemd}, {host, node, places, log}) => {
    if (cron === true && systemd === true) throw new InvalidInputError('it is one or the other', {systemd: "stands beside 'cron'"})
    const {hasSystemd, hasPackagedTimer} = await lookForTimer(host, places)
    const isSystemd = systemd ?? (cron === undefined ? hasSystemd || hasPackagedTimer : !cron)
    const [byCron, bySystemd] = [[cronFile({node, places})], systemdFiles({node, places})]
    const files = isSystemd ? hasPackagedTimer ? [] : bySystemd : byCron
    const former = hasPackagedTimer ? await thatAreThere(isSystemd ? [...bySystemd, ...byCron] : bySystemd, host) : []
    if (isSystemd && hasPackagedTimer) log.info('the timer of the Debian package looks at the schedule; no files are needed')
    const {timer} = scheduleFiles(places)
    const [on, off] = [switched(timer, 'enable'), switched(timer, 'disable')]
    return {
      steps: [
        // Also before it is switched on in the place of a former one: systemd keeps the link to the file that it had.
        ...hasSystemd && hasPackagedTimer && (!isSystemd || former.length > 0) ? [{do: off, undo: on}] : [],
        ...await Promise.all(files.map((file) => writeStep(file, host))),
        ...await Promise.all(former.map((file) => removeStep(file, host))),
        ...hasSystemd && (isSystemd || former.length > 0) ? [{do: {kind: 'run', argv: ['systemctl', 'daemon-reload']}}] : [],
        ...hasSystemd && isSystemd ? [{do: on, undo: off}] : [],
      ],
      whenInterrupted: 'undo', result: {files: files.map(({path}) => path)},
    }
  },
})

function switched(timer: string, verb: 'enable' | 'disable'): Step['do'] {
  return {kind: 'run', argv: ['systemctl', verb, '--now', timer], ...verb === 'disable' ? {okExitCodes: [0, 1]} : {}}
}

async function thatAreThere(files: readonly ScheduleFile[], host: Host): Promise<ScheduleFile[]> {
  const found = await Promise.all(files.map(async (file) => await host.files.stat(file.path) !== undefined))
  return files.filter((_, index) => found[index])
}

async function writeStep({path, text}: ScheduleFile, host: Host): Promise<Step> {
  const was = await host.files.stat(path) === undefined ? undefined : await host.files.readText(path)
  return {do: {kind: 'file.write', path, text, mode: 0o644}, undo: was === undefined ? {kind: 'file.remove', path} : {kind: 'file.write', path, text: was, mode: 0o644}}
}

async function removeStep({path}: ScheduleFile, host: Host): Promise<Step> {
  return {do: {kind: 'file.remove', path}, undo: {kind: 'file.write', path, text: await host.files.readText(path), mode: 0o644}}
}
