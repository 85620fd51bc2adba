// How containers write their volumes and sizes down, for `pct rescan` (guest/rescan.ts). Pure.
import type {RescanType} from '../../rescan.ts'
import {addUnused, dropUsedUnused, isMountKey, readMountPoint, refersTo, withVolume} from '../config/index.ts'

export const lxcRescan: RescanType = {
  noun: 'volume', addUnused, dropUsedUnused, refersTo,
  sizedVolume: (key, text) => {
    if (!isMountKey(key)) return undefined
    const {type, source, size} = readMountPoint(key, text)
    return type === 'volume' ? {volume: source, size} : undefined
  },
  withSize: (key, text, size) => withVolume(key, text, readMountPoint(key, text).source, size === '0' ? '0T' : size),
  isKept: () => true,
}
