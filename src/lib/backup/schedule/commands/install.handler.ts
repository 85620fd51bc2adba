// corral schedule install: the files by which the schedule is looked at, with what makes systemd take notice.
import {InvalidInputError} from '../../../base/index.ts'
import {handleChange} from '../../../tasks/index.ts'
import type {Step} from '../../../tasks/index.ts'
import {cronFile, scheduleFiles, systemdFiles, systemdRunFolder} from '../schedule-files.ts'
import {spec} from './install.spec.ts'

export const handler = handleChange(spec, {
  locks: () => ['schedule/files'],
  plan: async ({cron, systemd}, {host, node, places}) => {
    if (cron === true && systemd === true) throw new InvalidInputError('it is one or the other', {systemd: "stands beside 'cron'"})
    const hasSystemd = (await host.files.stat(systemdRunFolder))?.kind === 'directory'
    const isSystemd = systemd ?? (cron === undefined ? hasSystemd : !cron)
    const files = isSystemd ? systemdFiles({node, places}) : [cronFile({node, places})]
    const writes = await Promise.all(files.map(async ({path, text}): Promise<Step> => {
      const was = await host.files.stat(path) === undefined ? undefined : await host.files.readText(path)
      return {do: {kind: 'file.write', path, text, mode: 0o644}, undo: was === undefined ? {kind: 'file.remove', path} : {kind: 'file.write', path, text: was, mode: 0o644}}
    }))
    const {timer} = scheduleFiles(places)
    const enable: Step[] = isSystemd && hasSystemd
      ? [{do: {kind: 'run', argv: ['systemctl', 'daemon-reload']}}, {do: {kind: 'run', argv: ['systemctl', 'enable', '--now', timer]}, undo: {kind: 'run', argv: ['systemctl', 'disable', '--now', timer], okExitCodes: [0, 1]}}]
      : []
    return {steps: [...writes, ...enable], whenInterrupted: 'undo', result: {files: files.map(({path}) => path)}}
  },
})
