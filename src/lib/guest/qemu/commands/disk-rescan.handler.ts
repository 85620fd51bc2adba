// Brings the configurations of virtual machines up to date with what the storages hold. Which of them have something to change is found
// out first, so that a machine that is being worked on holds up only the change of its own file.
import {handleChange, storeCommitStep} from '../../../tasks/index.ts'
import type {Context, WantedFile} from '../../../tasks/index.ts'
import {formatQemuConfig, parseQemuConfig} from '../config/config-file.ts'
import {ownedVolumes} from '../drives/owned-volumes.ts'
import {rescanConfig} from '../drives/rescan.ts'
import {guestLockName, listGuestFiles, readGuest} from '../guest-files.ts'
import type {GuestFile} from '../guest-files.ts'
import {spec} from './disk-rescan.spec.ts'

export const handler = handleChange(spec, {
  locks: async ({dryrun, vmid}, context) => (dryrun === true ? [] : (await changedGuests(vmid, context)).map((guest) => guestLockName(guest.vmid))),
  lockTimeoutMs: 60_000,
  plan: async ({dryrun, vmid}, context) => {
    const changed = await changedGuests(vmid, context)
    const result = changed.flatMap((guest) => guest.changes.map((change) => `VM ${guest.vmid}: ${change}`))
    const files = changed.flatMap(({file}) => (file.text === file.was?.data ? [] : [file]))
    return {steps: dryrun === true || files.length === 0 ? [] : [storeCommitStep(files)], whenInterrupted: 'undo', result}
  },
})

interface ChangedGuest {
  readonly vmid: number
  readonly changes: readonly string[]
  readonly file: WantedFile
}

async function changedGuests(vmid: number | undefined, context: Context): Promise<ChangedGuest[]> {
  const guests = vmid === undefined ? await allGuests(context) : [await readGuest(vmid, context)]
  const volumes = await ownedVolumes(context, vmid)
  return guests.flatMap((guest) => {
    const {config, changes} = rescanConfig(guest.config, volumes.get(guest.vmid) ?? new Map<string, number>())
    return changes.length === 0 ? [] : [{vmid: guest.vmid, changes, file: {path: guest.file.path, was: guest.file, text: formatQemuConfig(config)}}]
  })
}

/** One that cannot be read is left as it is: writing it back would lose what was not understood. */
async function allGuests(context: Context): Promise<GuestFile[]> {
  return (await listGuestFiles(context)).flatMap(({vmid, file}) => {
    const problems: string[] = []
    const config = parseQemuConfig(file.data, {warn: (message) => { problems.push(message) }})
    if (problems.length === 0) return [{vmid, config, file}]
    context.log.warn(`virtual machine ${vmid} is left out: ${problems.join('; ')}`)
    return []
  })
}
