// The plan that brings the configurations of guests of a type up to date with what the storages hold. Which of them have something to change is found
// out first, so that a guest that is being worked on holds up only the change of its own file.
import {storeCommitStep} from '../tasks/index.ts'
import type {Context, Plan, WantedFile} from '../tasks/index.ts'
import type {ParseOptions} from './config-file.ts'
import type {GuestConfig} from './guest-config.ts'
import {guestLockName, listGuestFilesOf, readGuestOf} from './guest-files.ts'
import type {GuestFile, GuestKind} from './guest-files.ts'
import {ownedVolumes} from './owned-volumes.ts'
import {rescanned} from './rescan.ts'
import type {OwnedVolumes, RescanType} from './rescan.ts'

export interface RescanWish {
  readonly kind: GuestKind
  readonly type: RescanType
  /** What lines are headed with: `VM`, `CT`. */
  readonly label: string
  /** The content that storages of its volumes have. */
  readonly content: 'images' | 'rootdir'
  readonly parse: (text: string, options: ParseOptions) => GuestConfig
  readonly format: (config: GuestConfig) => string
}

interface ChangedGuest {
  readonly vmid: number
  readonly changes: readonly string[]
  readonly file: WantedFile
}

export interface RescanScope {
  /** Say what would change, and no more. */
  readonly isDry: boolean
  /** This guest only; all of the type on this node when absent. */
  readonly vmid: number | undefined
}

/** The locks of the guests that have something to change. */
export async function locksOfRescan(wish: RescanWish, {isDry, vmid}: RescanScope, context: Context): Promise<string[]> {
  return isDry ? [] : (await changedGuests(wish, vmid, context)).map((guest) => guestLockName(guest.vmid))
}

/** The plan's result is what changes, a line each. */
export async function planRescan(wish: RescanWish, {isDry, vmid}: RescanScope, context: Context): Promise<Plan> {
  const changed = await changedGuests(wish, vmid, context)
  const result = changed.flatMap((guest) => guest.changes.map((change) => `${wish.label} ${guest.vmid}: ${change}`))
  const files = changed.flatMap(({file}) => (file.text === file.was?.data ? [] : [file]))
  return {steps: isDry || files.length === 0 ? [] : [storeCommitStep(files)], whenInterrupted: 'undo', result}
}

async function changedGuests(wish: RescanWish, vmid: number | undefined, context: Context): Promise<ChangedGuest[]> {
  const guests = vmid === undefined ? await allGuests(wish, context) : [await readGuestOf(wish.kind, vmid, context)]
  const volumes = await ownedVolumes(wish.content, context, vmid)
  const none: OwnedVolumes = new Map()
  return guests.flatMap((guest) => {
    const {config, changes} = rescanned(wish.type, guest.config, volumes.get(guest.vmid) ?? none)
    return changes.length === 0 ? [] : [{vmid: guest.vmid, changes, file: {path: guest.file.path, was: guest.file, text: wish.format(config)}}]
  })
}

/** One that cannot be read is left as it is: writing it back would lose what was not understood. */
async function allGuests({kind, parse}: RescanWish, context: Context): Promise<GuestFile[]> {
  return (await listGuestFilesOf(kind, context)).flatMap(({vmid, file}) => {
    const problems: string[] = []
    const config = parse(file.data, {warn: (message) => { problems.push(message) }})
    if (problems.length === 0) return [{vmid, config, file}]
    context.log.warn(`${kind.noun} ${vmid} is left out: ${problems.join('; ')}`)
    return []
  })
}
