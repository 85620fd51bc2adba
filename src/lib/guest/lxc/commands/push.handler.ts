// Copies a file into a container.
import {randomUUID} from 'node:crypto'
import {InvalidInputError, NotFoundError} from '../../../base/index.ts'
import {handleChange} from '../../../tasks/index.ts'
import {guestLockName} from '../../guest-files.ts'
import {filePathIn} from '../file-paths.ts'
import {readContainer} from '../kind.ts'
import {ownerWish} from '../owners.ts'
import {assertReachable, filesSection} from '../reachable.ts'
import {spec} from './push.spec.ts'

export const handler = handleChange(spec, {
  locks: ({vmid}) => [guestLockName(vmid)],
  plan: async ({vmid, file, destination, ...owner}, context) => {
    const guest = await readContainer(vmid, context)
    await assertReachable(guest, context)
    const path = filePathIn('destination', destination)
    const stat = await context.host.files.stat(file, {followLinks: true})
    if (stat === undefined) throw new NotFoundError(`there is no file ${file} on this host`)
    if (stat.kind === 'directory' || stat.kind === 'block') throw new InvalidInputError(`${file} is neither a file nor a pipe`, {file: 'is neither a file nor a pipe'})
    const temporaryName = `.corral-${randomUUID()}`
    const section = filesSection(guest.config.current)
    return {
      steps: [{
        do: {kind: 'lxc.push', vmid, section, source: file, path, owner: ownerWish(owner), temporaryName},
        undo: {kind: 'lxc.unpush', vmid, section, folder: path.slice(0, path.lastIndexOf('/')), temporaryName},
      }],
      whenInterrupted: 'undo',
    }
  },
})
