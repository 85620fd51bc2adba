// Parallel ports of the host, and printers on its USB.
import {parallelCount} from '../config/index.ts'
import type {Guest} from './guest.ts'
import {optionText} from './option-text.ts'

export function parallelDevices(guest: Guest): string[] {
  return Array.from({length: parallelCount}, (_, index) => `parallel${index}`).flatMap(id => {
    const path = guest.values[id]
    if (path === undefined) return []
    // A printer on USB is a plain stream of bytes and has no port's registers.
    const chardev = optionText(path.startsWith('/dev/usb/lp') ? 'serial' : 'parallel', {id, path})
    return ['-chardev', chardev, '-device', optionText('isa-parallel', {chardev: id})]
  })
}
