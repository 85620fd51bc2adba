// Takes disks away from a virtual machine: `qm set --delete`, for disks only.
import {InvalidInputError} from '../../../base/index.ts'
import {splitList} from '../../../spec/index.ts'
import {handleChange} from '../../../tasks/index.ts'
import {isDriveKey} from '../config/drives.ts'
import {isUnusedKey} from '../drives/drive-text.ts'
import {handler as set} from './set.handler.ts'
import {spec} from './disk-unlink.spec.ts'

export const handler = handleChange(spec, {
  locks: ({vmid, idlist}, context) => set.locks({vmid, delete: disksOf(idlist)}, context),
  lockTimeoutMs: 60_000,
  plan: async ({vmid, force, idlist}, context) => {
    const plan = await set.plan({vmid, delete: disksOf(idlist), ...(force === undefined ? {} : {force})}, context)
    // The words of `qm set` are for its own user.
    return {...plan, result: null}
  },
})

/** @throws InvalidInputError for a key that is no disk */
function disksOf(idlist: string): string {
  const keys = splitList(idlist)
  const other = keys.find((key) => !isDriveKey(key) && !isUnusedKey(key))
  if (other !== undefined) throw new InvalidInputError(`'${other}' is no disk`, {idlist: `names '${other}', which is no disk`})
  return keys.join(',')
}
