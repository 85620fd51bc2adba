// Keys of pct.conf that are known and not carried out yet. A configuration may hold them; whoever starts a container asks here first: such a
// key is refused by name, never passed over. The lists may only shrink.
import {findParam} from '../../../spec/params.ts'
import type {Params} from '../../../spec/index.ts'
import type {ConfigSection} from '../../guest-config.ts'
import type {UnsupportedKey} from '../../unsupported-keys.ts'
import {internalKeys} from './general.ts'
import {isRawKey} from './raw-lines.ts'

const on = '(?!(?:0|off|no|false)$)'

/** Keys that are refused, whatever they say. */
const keyReasons: readonly (readonly [key: RegExp, reason: string])[] = [
  [/^dev\d+$/, 'devices of the host are not passed on yet'],
  [/^cores$/, 'processors are not dealt out yet; cpulimit limits what a container takes of them'],
]

/** Sub-properties that are refused unless they ask for nothing. */
const propertyReasons: readonly (readonly [key: RegExp, property: RegExp, reason: string])[] = [
  [/^net\d+$/, new RegExp(`^firewall=${on}`, 'i'), 'the firewall is not built yet'],
  [/^net\d+$/, /^tag=/, 'VLANs are not set up yet'],
  [/^net\d+$/, /^trunks=/, 'VLANs are not set up yet'],
  [/^net\d+$/, /^rate=(?!0+(?:\.0*)?$)/, 'interfaces are not limited yet'],
  [/^features$/, new RegExp(`^mknod=${on}`, 'i'), 'device nodes of a container are not made for it yet'],
  [/^features$/, /^mount=/, 'kinds of file systems are not allowed one by one yet'],
  [/^net\d+$/, new RegExp(`^host-managed=${on}`, 'i'), 'addresses are not set from the host yet'],
  [/^(?:rootfs|mp\d+)$/, new RegExp(`^quota=${on}`, 'i'), 'quotas are not set up yet'],
]

/** What of a section cannot be carried out, each named (`net0.firewall` for a sub-property), in its order. */
export function unsupportedIn({values, raw = []}: ConfigSection, known: Params): UnsupportedKey[] {
  const found: UnsupportedKey[] = []
  for (const [key, value] of Object.entries(values)) {
    if (findParam(known, key) === undefined && !internalKeys.includes(key)) {
      found.push({key, reason: 'no such key is known'})
      continue
    }
    const whole = keyReasons.find(([keyPattern]) => keyPattern.test(key))
    if (whole !== undefined) {
      found.push({key, reason: whole[1]})
      continue
    }
    for (const part of value.split(',')) {
      const match = propertyReasons.find(([keyPattern, propertyPattern]) => keyPattern.test(key) && propertyPattern.test(part))
      if (match !== undefined) found.push({key: `${key}.${part.split('=')[0] ?? ''}`, reason: match[2]})
    }
  }
  return [...found, ...raw.filter(([key]) => !isRawKey(key)).map(([key]) => ({key, reason: 'LXC is not given such a line'}))]
}
