// The devices of the host that a container is given: their numbers, by a look at them.
import {NotFoundError, UnsupportedError} from '../../../base/index.ts'
import type {Host} from '../../../host/index.ts'
import type {IdMap} from '../config/id-map.ts'
import {devicesOf, passedDevice} from '../lxc-config/devices.ts'
import type {DeviceNumbers, PassedDevice} from '../lxc-config/devices.ts'

/** @throws NotFoundError, UnsupportedError naming the key of a device that is not there, or is none */
export async function passedDevices(values: Readonly<Record<string, string>>, map: IdMap, host: Host): Promise<PassedDevice[]> {
  const found: PassedDevice[] = []
  for (const {key, path} of devicesOf(values)) {
    const {stdout, exitCode} = await host.run(['stat', '--dereference', '--format', '%F|%t|%T', '--', path], {timeoutMs: 10_000, okExitCodes: [0, 1]})
    if (exitCode !== 0) throw new NotFoundError(`there is no device ${path} on this host (${key})`, {data: {key, path}})
    const numbers = parseDeviceNumbers(stdout)
    if (numbers === undefined) throw new UnsupportedError(`${path} is not a device (${key})`, {data: {key, path}})
    found.push(passedDevice(key, path, values[key] ?? '', numbers, map))
  }
  return found
}

/** `character special file|a|e5` of stat(1); undefined for everything that is no device. Pure. */
export function parseDeviceNumbers(text: string): DeviceNumbers | undefined {
  const match = /^(character|block) special file\|([0-9a-f]{1,8})\|([0-9a-f]{1,8})\s*$/.exec(text)
  return match === null ? undefined : {type: match[1] === 'block' ? 'b' : 'c', major: Number.parseInt(match[2] ?? '', 16), minor: Number.parseInt(match[3] ?? '', 16)}
}
