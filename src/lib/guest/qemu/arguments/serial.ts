// Serial ports: a socket that `qm terminal` opens, or a serial device of the host.
import {serialCount} from '../config/index.ts'
import type {Guest} from './guest.ts'
import {optionText} from './option-text.ts'

export function serialDevices(guest: Guest): string[] {
  return Array.from({length: serialCount}, (_, index) => index).flatMap(index => {
    const id = `serial${index}` as 'serial0' | 'serial1' | 'serial2' | 'serial3'
    const path = guest.values[id]
    if (path === undefined) return []
    const chardev = path === 'socket'
      ? optionText('socket', {id, path: guest.input.paths[id], server: true, wait: false})
      : optionText('serial', {id, path})
    // On ARM's virt board the first port is part of the board and cannot be added as a device.
    const device = guest.arch === 'aarch64' && index === 0 ? ['-serial', `chardev:${id}`] : ['-device', optionText('isa-serial', {chardev: id})]
    return ['-chardev', chardev, ...device]
  })
}
