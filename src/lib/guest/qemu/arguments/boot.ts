// The firmware's boot menu, and the place of each device in the boot order.
import {driveKeys, isCdrom, isCloudInitDrive, netCount, readBoot, readDrive} from '../config/index.ts'
import type {Guest} from './guest.ts'
import {optionList} from './option-text.ts'

export function bootArguments(guest: Guest): string[] {
  return ['-boot', optionList({menu: true, strict: true, 'reboot-timeout': 1000, splash: guest.input.host.bootSplash})]
}

/**
 * The `bootindex` of each device that can be booted from. `order=` counts from 100; the old letters give each class of devices a
 * hundred, in which CD-ROM drives and cards are counted, and of the hard disks only `bootdisk` is booted from.
 */
export function bootIndexes(guest: Guest): ReadonlyMap<string, number> {
  const {values} = guest
  const boot = readBoot(values['boot'], values['bootdisk'])
  if (boot.kind === 'order') return new Map(boot.devices.map((device, place) => [device, 100 + place]))
  const indexes = new Map<string, number>()
  const next = new Map([...boot.letters].map((letter, place) => [letter, (place + 1) * 100]))
  const take = (letter: string, key: string, isBootable = true) => {
    const index = next.get(letter)
    if (index === undefined) return
    if (isBootable) indexes.set(key, index)
    next.set(letter, index + 1)
  }
  for (const key of driveKeys) {
    const text = values[key]
    if (text === undefined) continue
    const drive = readDrive(key, text)
    if (isCdrom(drive) && !isCloudInitDrive(drive)) take('d', key)
    else take('c', key, key === boot.disk)
  }
  for (let index = 0; index < netCount; index++) {
    if (values[`net${index}`] !== undefined) take('n', `net${index}`)
  }
  return indexes
}
