// corral schedule remove: takes away what install made, whatever of it is there, and switches off the timer of the Debian package.
import {handleChange} from '../../../tasks/index.ts'
import type {Step} from '../../../tasks/index.ts'
import {lookForTimer} from '../look-for-timer.ts'
import {cronFile, scheduleFiles, systemdFiles} from '../schedule-files.ts'
import {spec} from './remove.spec.ts'

export const handler = handleChange(spec, {
  locks: () => ['schedule/files'],
  plan: async (_params, {host, node, places}) => {
    const all = [cronFile({node, places}), ...systemdFiles({node, places})].map(({path}) => path)
    const found = (await Promise.all(all.map(async (path) => ({path, isThere: await host.files.stat(path) !== undefined})))).filter(({isThere}) => isThere).map(({path}) => path)
    const {timer, timerPath} = scheduleFiles(places)
    const {hasSystemd, hasPackagedTimer} = await lookForTimer(host, places)
    const hasOwnTimer = found.includes(timerPath)
    const steps: Step[] = [
      ...hasSystemd && (hasOwnTimer || hasPackagedTimer) ? [{do: {kind: 'run', argv: ['systemctl', 'disable', '--now', timer], okExitCodes: [0, 1]}}] : [],
      ...found.map((path) => ({do: {kind: 'file.remove', path}})),
      ...hasSystemd && hasOwnTimer ? [{do: {kind: 'run', argv: ['systemctl', 'daemon-reload']}}] : [],
    ]
    return {steps, whenInterrupted: 'finish', result: {files: found}}
  },
})
