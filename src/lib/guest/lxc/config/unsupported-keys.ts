// Keys of pct.conf that are known and not carried out yet. A configuration may hold them; whoever starts a container asks here first: such a
// key is refused by name, never passed over. The lists may only shrink.
import {findParam} from '../../../spec/params.ts'
import type {Params} from '../../../spec/index.ts'
import type {ConfigSection} from '../../guest-config.ts'
import type {UnsupportedKey} from '../../unsupported-keys.ts'
import {internalKeys} from './general.ts'
import {isRawKey} from './raw-lines.ts'

const on = '(?!(?:0|off|no|false)$)'

/** Sub-properties that are refused unless they ask for nothing. */
const propertyReasons: readonly (readonly [key: RegExp, property: RegExp, reason: string])[] = [
  [/^net\d+$/, new RegExp(`^firewall=${on}`, 'i'), 'the firewall is not built yet'],
  [/^features$/, new RegExp(`^mknod=${on}`, 'i'), 'nothing on the host makes device nodes on behalf of an unprivileged container; dev0 passes one on'],
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
    for (const part of value.split(',')) {
      const match = propertyReasons.find(([keyPattern, propertyPattern]) => keyPattern.test(key) && propertyPattern.test(part))
      if (match !== undefined) found.push({key: `${key}.${part.split('=')[0] ?? ''}`, reason: match[2]})
    }
  }
  return [...found, ...raw.filter(([key]) => !isRawKey(key)).map(([key]) => ({key, reason: 'LXC is not given such a line'}))]
}
