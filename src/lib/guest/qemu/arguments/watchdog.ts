// The watchdog card and what happens when it bites.
import {readWatchdog} from '../config/index.ts'
import type {Guest} from './guest.ts'
import {optionText} from './option-text.ts'
import {pciAddress} from './pci-addresses.ts'

export function watchdogDevices(guest: Guest): string[] {
  const watchdog = readWatchdog(guest.values['watchdog'])
  if (watchdog === undefined) return []
  const model = watchdog.model ?? 'i6300esb'
  // ib700 is an ISA card and has no place on the PCI bus.
  const address = model === 'ib700' ? {} : pciAddress('watchdog', guest)
  return [
    '-device', optionText(model, address),
    ...(watchdog.action === undefined ? [] : ['-watchdog-action', watchdog.action]),
  ]
}
