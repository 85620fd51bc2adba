// Clock and timers: where time starts, and how lost ticks are dealt with.
import {readFlag} from '../config/index.ts'
import type {Guest} from './guest.ts'
import {isAtLeast} from './machine-version.ts'

export interface ClockSettings { readonly globals: readonly string[]; readonly machineFlags: readonly string[]; readonly rtc: string | undefined }

export function clockSettings(guest: Guest): ClockSettings {
  const {values, windows} = guest
  const isWindows = windows >= 5
  const hasAcpi = readFlag(values['acpi']) ?? true
  const fixesDrift = readFlag(values['tdf']) ?? (isWindows && hasAcpi)
  const isLocalTime = readFlag(values['localtime']) ?? isWindows
  const start = values['startdate'] ?? 'now'
  const base = start !== 'now' ? start : isLocalTime ? 'localtime' : undefined
  const rtc = [...(fixesDrift ? ['driftfix=slew'] : []), ...(base === undefined ? [] : [`base=${base}`])]
  // The HPET costs more than it gives: Windows since Vista and Linux have better clocks.
  const isHpetOff = guest.arch === 'x86_64' && (windows >= 6 || (values['ostype'] === 'l26' && isAtLeast(guest.machine.version, 10, 1)))
  return {
    globals: windows >= 6 ? ['kvm-pit.lost_tick_policy=discard'] : [],
    machineFlags: isHpetOff ? ['hpet=off'] : [],
    rtc: rtc.length === 0 ? undefined : rtc.join(','),
  }
}
