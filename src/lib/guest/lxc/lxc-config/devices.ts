// Devices of the host that are passed through: nodes that lie ready in the mount space, bound into the container's /dev, and leave for them. Pure.
import {InvalidInputError} from '../../../base/index.ts'
import {readDevice} from '../config/devices.ts'
import {hostId} from '../config/id-map.ts'
import type {IdMap} from '../config/id-map.ts'
import type {LxcLine} from './build-lxc-config.ts'

/** A device as the host has it. */
export interface DeviceNumbers {
  readonly type: 'c' | 'b'
  readonly major: number
  readonly minor: number
}

export interface PassedDevice extends DeviceNumbers {
  readonly key: string
  /** Of the host, and in the container. */
  readonly path: string
  readonly mode: string
  /** As the host numbers them. */
  readonly uid: number
  readonly gid: number
  readonly isReadOnly: boolean
}

const defaultMode = '0660'

/** The `dev[n]` of a configuration, by number, with their paths. @throws InvalidInputError */
export function devicesOf(values: Readonly<Record<string, string>>): {readonly key: string; readonly path: string}[] {
  return Object.entries(values).filter(([key]) => /^dev\d{1,3}$/.test(key)).sort(([a], [b]) => Number(a.slice(3)) - Number(b.slice(3))).map(([key, text]) => {
    const path = readDevice(key, text).path.replace(/\/+/g, '/')
    if (/^\/dev\/./.test(path) && !path.split('/').includes('..')) return {key, path}
    throw new InvalidInputError(`'${key}' names ${path.slice(0, 80)}, which is not below /dev`, {[key]: 'must be a path below /dev'})
  })
}

/** @throws InvalidInputError for a user or group that the container does not have */
export function passedDevice(key: string, path: string, text: string, numbers: DeviceNumbers, map: IdMap): PassedDevice {
  const {mode = defaultMode, uid = 0, gid = 0, 'deny-write': isReadOnly = false} = readDevice(key, text)
  const [owner, group] = [hostId(map, 'u', uid), hostId(map, 'g', gid)]
  if (owner === undefined || group === undefined) throw new InvalidInputError(`'${key}' wants an owner that the container does not have: ${owner === undefined ? `user ${uid}` : `group ${gid}`}`, {[key]: 'has an owner outside of the container'})
  return {key, path, mode, uid: owner, gid: group, isReadOnly, ...numbers}
}

/** What makes a node in the mount space. */
export function nodeCommands(device: PassedDevice, place: string): string[][] {
  return [
    ['mknod', '--mode', device.mode, '--', place, device.type, String(device.major), String(device.minor)],
    ['chown', '--', `${device.uid}:${device.gid}`, place],
  ]
}

/** Unprivileged containers may use every device that they have a node of, since LXC takes that rule away from them; so writing is denied by a rule. */
export function deviceLines(devices: readonly PassedDevice[], isUnprivileged: boolean, placeOf: (key: string) => string): LxcLine[] {
  return devices.flatMap(({key, path, type, major, minor, isReadOnly}): LxcLine[] => {
    const rule = (what: 'allow' | 'deny', access: string): LxcLine[] => ['cgroup', 'cgroup2'].map((version) => [`lxc.${version}.devices.${what}`, `${type} ${major}:${minor} ${access}`])
    return [
      ['lxc.mount.entry', `${placeOf(key)} ${escaped(path.slice(1))} none bind,create=file 0 0`],
      ...(isUnprivileged ? (isReadOnly ? rule('deny', 'w') : []) : rule('allow', isReadOnly ? 'r' : 'rw')),
    ]
  })
}

/** The fields of fstab(5) end at blanks, which are written in octal. */
function escaped(path: string): string {
  return path.replace(/[\s\\#]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`)
}
