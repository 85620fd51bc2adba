// corral disk smart: one disk's own words about its health.
import {NotFoundError, UnavailableError} from '../../../base/index.ts'
import {handleRead} from '../../../tasks/index.ts'
import {readSmart} from '../facts/read-machine.ts'
import {blockDevices} from '../facts/sysfs.ts'
import {findDevice} from '../find-device.ts'
import type {SmartData} from '../smart.ts'
import {spec} from './smart.spec.ts'

export const handler = handleRead(spec, async ({disk, healthonly}, {host, signal}) => {
  const {path} = await findDevice(host, disk, {devices: await blockDevices(host)})
  try {
    return await readSmart(host, path, {healthOnly: healthonly === true, signal})
  } catch (error) {
    if (error instanceof NotFoundError) {
      throw new UnavailableError('the disk cannot be asked: smartctl is not installed', {cause: error, nextSteps: ['apt-get install smartmontools']})
    }
    throw error
  }
}, smartLines)

export function smartLines({health, attributes, text}: SmartData): string[] {
  const columns = [['ID', 'ATTRIBUTE', 'FLAGS', 'VALUE', 'WORST', 'THRESHOLD', 'FAIL', 'RAW'], ...(attributes ?? []).map((each) => [
    each.id, each.name, each.flags, String(each.value), String(each.worst), String(each.threshold), each.fail, each.raw,
  ])]
  const widths = (columns[0] ?? []).map((_, index) => Math.max(...columns.map((row) => (row[index] ?? '').length)))
  return [
    `health: ${health}`,
    ...attributes === undefined ? [] : columns.map((row) => row.map((cell, index) => (index === 0 || index >= 3 && index <= 5 ? cell.padStart(widths[index] ?? 0) : cell.padEnd(widths[index] ?? 0))).join(' ').trimEnd()),
    ...text === undefined ? [] : text.trim().split('\n'),
  ]
}
