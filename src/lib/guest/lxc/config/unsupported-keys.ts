// Keys of pct.conf that are known and not carried out yet. A configuration may hold them; whoever starts a container asks here first: such a
// key is refused by name, never passed over. The lists may only shrink.
import {findParam} from '../../../spec/params.ts'
import type {Params} from '../../../spec/index.ts'
import type {ConfigSection} from '../../guest-config.ts'
import type {UnsupportedKey} from '../../unsupported-keys.ts'
import {internalKeys} from './general.ts'
import {idMapOf} from './id-map.ts'
import {isRawKey} from './raw-lines.ts'

const on = '(?!(?:0|off|no|false)$)'

interface RefusedProperty {
  readonly key: RegExp
  readonly property: RegExp
  readonly reason: string
  /** Privileged containers have it anyway. */
  readonly isForPrivileged?: boolean
}

/** Sub-properties that are refused unless they ask for nothing. */
const refusedProperties: readonly RefusedProperty[] = [
  {key: /^net\d+$/, property: new RegExp(`^firewall=${on}`, 'i'), reason: 'the firewall is not built yet'},
  {
    key: /^features$/, property: new RegExp(`^mknod=${on}`, 'i'), isForPrivileged: true,
    reason: 'nothing on the host makes device nodes on behalf of an unprivileged container; dev0 passes one on',
  },
  {key: /^(?:rootfs|mp\d+)$/, property: new RegExp(`^quota=${on}`, 'i'), isForPrivileged: true, reason: 'the kernel lets nobody but the root of the host set quotas'},
]

/** What of a section cannot be carried out, each named (`net0.firewall` for a sub-property), in its order. */
export function unsupportedIn(section: ConfigSection, known: Params): UnsupportedKey[] {
  const {values, raw = []} = section
  const isPrivileged = idMapOf(section).length === 0
  const found: UnsupportedKey[] = []
  for (const [key, value] of Object.entries(values)) {
    if (findParam(known, key) === undefined && !internalKeys.includes(key)) {
      found.push({key, reason: 'no such key is known'})
      continue
    }
    for (const part of value.split(',')) {
      const match = refusedProperties.find((refused) => refused.key.test(key) && refused.property.test(part) && !(isPrivileged && refused.isForPrivileged === true))
      if (match !== undefined) found.push({key: `${key}.${part.split('=')[0] ?? ''}`, reason: match.reason})
    }
  }
  return [...found, ...raw.filter(([key]) => !isRawKey(key)).map(([key]) => ({key, reason: 'LXC is not given such a line'}))]
}
