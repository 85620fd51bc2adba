// Changes of a drive that stays: its limits, and the medium in a CD-ROM drive. Pure.
import {UnsupportedError} from '../../../base/index.ts'
import {readDrive} from '../config/index.ts'
import type {Drive} from '../config/index.ts'
import {driveNodes, throttleGroupOf} from '../arguments/drive-nodes.ts'
import {backingOf} from '../arguments/drives.ts'
import type {Guest} from '../arguments/guest.ts'
import {jsonText} from '../arguments/option-text.ts'
import {throttleLimits} from '../arguments/throttling.ts'
import {parseDriveText, volumeOf} from '../drives/drive-text.ts'
import type {WaitingChange} from './decide.ts'
import type {MachineChange} from './machine-change.ts'
import type {MachinePart} from './machine-parts.ts'
import type {MonitorCommand} from './part-commands.ts'

/** Limits that are not named stand for none. */
export function limitCommands({key, now, then}: WaitingChange, guest: Guest): MachineChange[] {
  const command = (text: string | undefined) => limitCommand(readDrive(key, text ?? ''), guest)
  return [{kind: 'tell', commands: [command(then)], back: [command(now)]}]
}

function limitCommand(drive: Drive, guest: Guest): MonitorCommand {
  const limits = throttleLimits(drive)
  if (guest.usesBlockdev) return {execute: 'qom-set', arguments: {path: throttleGroupOf(drive.key), property: 'limits', value: limits}}
  const always = ['bps', 'bps_rd', 'bps_wr', 'iops', 'iops_rd', 'iops_wr']
  const given = Object.entries(limits).map(([name, value]): [string, number] => [oldName(name), value])
  return {execute: 'block_set_io_throttle', arguments: {device: `drive-${drive.key}`, ...Object.fromEntries(always.map(name => [name, 0])), ...Object.fromEntries(given)}}
}

/** `bps-total` was `bps`, `iops-read-max-length` was `iops_rd_max_length`. */
function oldName(name: string): string {
  return name.replace('-total', '').replace('-read', '_rd').replace('-write', '_wr').replaceAll('-', '_')
}

/**
 * Another disc in the drive, or none. The guest sees a tray that was opened and closed; one that it has locked is opened all the same.
 * @throws UnsupportedError where the disc is neither a file nor a device
 */
export function mediumChanges({key, now, then}: WaitingChange, before: Guest, after: Guest): MachineChange[] {
  const [old, drive] = [readDrive(key, now ?? ''), readDrive(key, then ?? '')]
  const [detach, attach] = [now, then].map(text => (text === undefined ? undefined : volumeOf(parseDriveText(text))))
  return [
    ...(attach === undefined ? [] : [{kind: 'volumes' as const, attach}]),
    ...(after.usesBlockdev ? nodeChanges(old, drive, before, after) : [{kind: 'tell' as const, commands: [mediumCommand(drive, after)], back: [mediumCommand(old, before)]}]),
    ...(detach === undefined ? [] : [{kind: 'volumes' as const, detach}]),
  ]
}

function mediumCommand(drive: Drive, guest: Guest): MonitorCommand {
  const backing = backingOf(drive, guest)
  if (backing === undefined) return {execute: 'eject', arguments: {id: drive.key, force: true}}
  const {driver, filename} = backing.source.protocol as {readonly driver: string; readonly filename?: unknown}
  if (typeof filename !== 'string' || !['file', 'host_device', 'host_cdrom'].includes(driver)) {
    throw new UnsupportedError(`a disc on such a storage (${driver}) is changed only with a start`, {data: {key: drive.key}})
  }
  return {execute: 'blockdev-change-medium', arguments: {id: drive.key, filename, format: backing.source.format, force: true, 'read-only-mode': 'read-only'}}
}

/** The nodes of the old disc go before those of the new one come: they have the same names. */
function nodeChanges(old: Drive, drive: Drive, before: Guest, after: Guest): MachineChange[] {
  const {key} = drive
  const open = [{execute: 'blockdev-open-tray', arguments: {id: key, force: true}}, {execute: 'blockdev-remove-medium', arguments: {id: key}}]
  const insert = (isThere: boolean) => [
    ...(isThere ? [{execute: 'blockdev-insert-medium', arguments: {id: key, 'node-name': `drive-${key}`}}] : []),
    {execute: 'blockdev-close-tray', arguments: {id: key}},
  ]
  const [was, is] = [nodeParts(old, before), nodeParts(drive, after)]
  return [
    {kind: 'tell', commands: open, back: insert(was.length > 0)},
    ...(was.length === 0 ? [] : [{kind: 'unplug' as const, parts: was}]),
    ...(is.length === 0 ? [] : [{kind: 'plug' as const, parts: is}]),
    {kind: 'tell', commands: insert(is.length > 0), back: open},
  ]
}

function nodeParts(drive: Drive, guest: Guest): MachinePart[] {
  const backing = backingOf(drive, guest)
  if (backing === undefined) return []
  const nodes = driveNodes(drive, backing, {isReadOnly: guest.isTemplate, hasIoUring: guest.input.host.hasIoUring})
  return [
    {option: '-object', id: throttleGroupOf(drive.key).slice('/objects/'.length), text: jsonText(nodes.throttleGroup)},
    {option: '-blockdev', id: `drive-${drive.key}`, text: jsonText(nodes.blockdev)},
  ]
}
