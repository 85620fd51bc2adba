// Keys of qm.conf that are known and not carried out yet. A configuration may hold them; whoever starts a guest asks here first: such a key
// is refused by name, never passed over. The lists may only shrink.
import {findParam} from '../../../spec/params.ts'
import type {Params} from '../../../spec/index.ts'
import type {UnsupportedKey} from '../../unsupported-keys.ts'
import {internalKeys} from './general.ts'

/** Sub-properties that are refused unless they ask for nothing. */
const propertyReasons: readonly (readonly [key: RegExp, property: RegExp, reason: string])[] = [
  [/^net\d+$/, /^firewall=(?!(?:0|off|no|false)$)/i, 'the firewall is not built yet'],
]

/** What of these values cannot be carried out, each named (`net0.firewall` for a sub-property), in their order. */
export function unsupportedKeys(values: Readonly<Record<string, string>>, known: Params): UnsupportedKey[] {
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
  return found
}
