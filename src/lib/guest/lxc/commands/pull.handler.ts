// Copies a file of a container to the host.
import {randomUUID} from 'node:crypto'
import {dirname, basename} from 'node:path'
import {ConflictError, NotFoundError} from '../../../base/index.ts'
import {handleChange} from '../../../tasks/index.ts'
import {guestLockName} from '../../guest-files.ts'
import {filePathIn} from '../file-paths.ts'
import {readContainer} from '../kind.ts'
import {ownerWish} from '../owners.ts'
import {assertReachable, filesSection} from '../reachable.ts'
import {spec} from './pull.spec.ts'

export const handler = handleChange(spec, {
  locks: ({vmid}) => [guestLockName(vmid)],
  plan: async ({vmid, path, destination, ...owner}, context) => {
    const guest = await readContainer(vmid, context)
    await assertReachable(guest, context)
    const {files} = context.host
    const there = await files.stat(destination)
    if (there?.kind === 'directory') throw new ConflictError(`${destination} is a folder; write the name of the file as well`)
    if (there !== undefined && there.kind !== 'file' && there.kind !== 'symlink' && !destination.startsWith('/dev/')) throw new ConflictError(`${destination} is no plain file`)
    if (there === undefined && (await files.stat(dirname(destination), {followLinks: true}))?.kind !== 'directory') throw new NotFoundError(`there is no folder ${dirname(destination)} on this host`)
    const temporaryName = `.corral-${randomUUID()}`
    return {
      steps: [{
        do: {kind: 'lxc.pull', vmid, section: filesSection(guest.config.current), path: filePathIn('path', path), target: destination, owner: ownerWish(owner), temporaryName},
        undo: {kind: 'lxc.unpull', leftover: `${dirname(destination)}/.${basename(destination).slice(0, 100)}${temporaryName}`},
      }],
      whenInterrupted: 'undo',
    }
  },
})
