// Which keys are carried out while a container runs. Pure.
import {limitKeys} from './lxc-config/limits.ts'

export function isLiveKey(key: string): boolean {
  return limitKeys.has(key) || /^net\d{1,2}$/.test(key)
}
