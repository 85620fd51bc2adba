// The source of random numbers.
import {readRng} from '../config/index.ts'
import type {Guest} from './guest.ts'
import {isAtLeast} from './machine-version.ts'
import {optionText} from './option-text.ts'
import {pciAddress} from './pci-addresses.ts'

const defaultBytes = 1024
const defaultPeriodMs = 1000

export function rngDevices(guest: Guest): string[] {
  const rng = readRng(guest.values['rng0'])
  if (rng === undefined) return []
  if (!isAtLeast(guest.machine.version, 4, 1, 2)) {
    guest.warn("'rng0' has no effect: it needs a machine version of at least 4.1+pve2")
    return []
  }
  const bytes = rng.max_bytes ?? defaultBytes
  const limit = bytes > 0 ? {'max-bytes': bytes, period: rng.period ?? defaultPeriodMs} : {}
  return [
    '-object', optionText('rng-random', {filename: rng.source, id: 'rng0'}),
    '-device', optionText('virtio-rng-pci', {rng: 'rng0', ...limit, ...pciAddress('rng0', guest)}),
  ]
}
