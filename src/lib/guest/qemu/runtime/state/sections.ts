// What the configuration says of a machine that is suspended to disk: the lock, the state, and what that depends on. Pure.
import type {GuestConfig} from '../../../guest-config.ts'
import {readKey, writeKey} from '../../pending.ts'
import {stateKeys} from '../../snapshots/sections.ts'
import type {KeptState} from '../../snapshots/sections.ts'

const keys = ['vmstate', 'runningmachine', 'runningcpu', 'running-nets-host-mtu']

/** While the state is being saved (`suspending`), and once it is (`suspended`). */
export function withState(config: GuestConfig, state: KeptState, lock: 'suspending' | 'suspended'): GuestConfig {
  return Object.entries({...stateKeys(state), lock}).reduce((changed, [key, value]) => writeKey(changed, key, value), config)
}

/** Without the state; of the locks only those of a suspension go. */
export function withoutState(config: GuestConfig): GuestConfig {
  const bare = keys.reduce((changed, key) => writeKey(changed, key, undefined), config)
  return /^suspend(?:ed|ing)$/.test(readKey(config, 'lock') ?? '') ? writeKey(bare, 'lock', undefined) : bare
}
