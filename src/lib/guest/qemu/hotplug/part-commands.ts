// The commands by which QEMU gets a part and gives it back. Pure. QEMU's QMP reference manual; `drive_add` and `drive_del` exist for the
// human monitor only, and boards before 10.0 have their disks by them.
import type {MachinePart} from './machine-parts.ts'
import {readOption} from './option-values.ts'

export interface MonitorCommand { readonly execute: string; readonly arguments?: Readonly<Record<string, unknown>> }

/** @throws Error for a character device other than those of SPICE viewers: no key that can be plugged has one */
export function addCommand({option, id, text}: MachinePart): MonitorCommand {
  const {head, values} = readOption(text)
  switch (option) {
    case '-object': return {execute: 'object-add', arguments: head === undefined ? values : {'qom-type': head, ...values}}
    case '-blockdev': return {execute: 'blockdev-add', arguments: values}
    case '-drive': return human(`drive_add 0 ${quoted(text)}`)
    case '-netdev': return {execute: 'netdev_add', arguments: values}
    case '-device': return {execute: 'device_add', arguments: {driver: head, ...values}}
    case '-chardev': {
      if (head !== 'spicevmc') throw new Error(`the character device '${id}' cannot be added to a running machine`)
      return {execute: 'chardev-add', arguments: {id, backend: {type: head, data: {type: values['name']}}}}
    }
  }
}

export function removeCommand({option, id}: MachinePart): MonitorCommand {
  switch (option) {
    case '-object': return {execute: 'object-del', arguments: {id}}
    case '-blockdev': return {execute: 'blockdev-del', arguments: {'node-name': id}}
    case '-drive': return human(`drive_del ${id}`)
    case '-netdev': return {execute: 'netdev_del', arguments: {id}}
    case '-chardev': return {execute: 'chardev-remove', arguments: {id}}
    case '-device': return {execute: 'device_del', arguments: {id}}
  }
}

function human(line: string): MonitorCommand {
  return {execute: 'human-monitor-command', arguments: {'command-line': line}}
}

/** A word of the human monitor, which knows quotes and backslashes. */
function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}

/** `# QMP: device_add driver=scsi-hd id=scsi1 lun=1`, for a dry run. */
export function commandLineOf({execute, arguments: args = {}}: MonitorCommand): string {
  return ['# QMP:', execute, ...Object.entries(args).map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)].join(' ')
}
