// What a host has to look at the schedule with: whether systemd runs, and whether the Debian package brought a timer, which nothing else is to stand beside.
import type {Places} from '../../base/index.ts'
import type {Host} from '../../host/index.ts'
import {packagedTimerPath, systemdRunFolder} from './schedule-files.ts'

export interface TimerFacts {
  readonly hasSystemd: boolean
  readonly hasPackagedTimer: boolean
}

export async function lookForTimer(host: Host, {root}: Pick<Places, 'root'>): Promise<TimerFacts> {
  return {
    hasSystemd: (await host.files.stat(systemdRunFolder))?.kind === 'directory',
    hasPackagedTimer: root === undefined && await host.files.stat(packagedTimerPath) !== undefined,
  }
}
