// corral storage annotate: notes and protection of a backup, files beside it as Proxmox VE has them: `<backup>.notes`, `<backup>.protected`.
import {ConflictError, InvalidInputError, UnsupportedError} from '../../base/index.ts'
import type {Action, Context, Step} from '../../tasks/index.ts'
import {handleChange} from '../../tasks/index.ts'
import {openStorage} from '../open-storage.ts'
import type {Storage, Volume} from '../storage.ts'
import {formatVolumeId} from '../volume-id.ts'
import {checkCallerMayUse, mayAllocate} from '../volume-access.ts'
import {storageLock} from '../volume-steps.ts'
import {spec} from './annotate.spec.ts'
import {namedVolume} from './named-volume.ts'

/** How many backups of a guest may be protected by somebody who may not allocate on the storage, where the storage does not say. */
const defaultProtectedLimit = 5

export const handler = handleChange(spec, {
  locks: (params) => [storageLock(namedVolume(params).storage)],
  plan: async ({notes, protected: isProtected, ...named}, context) => {
    if (notes === undefined && isProtected === undefined) throw new InvalidInputError('nothing is to be changed', {notes: 'is missing, and so is --protected'})
    const id = namedVolume(named)
    const storage = await openStorage(id.storage, context)
    const {content} = storage.parseName(id.name)
    if (content !== 'backup') throw new UnsupportedError(`${formatVolumeId(id)} is of the content type ${content}; only backups have notes and protection`)
    const backup = await storage.volume(id)
    await checkCallerMayUse({volume: formatVolumeId(id), content: 'backup'}, context)
    if (isProtected === true && backup.isProtected !== true) await checkLimit(storage, backup, context)
    if (storage.repository !== undefined) return {steps: repositorySteps(backup, {notes, isProtected}), whenInterrupted: 'undo', result: null}
    const path = storage.path(id)
    const steps = [
      ...(notes === undefined || notes.trimEnd() === (backup.notes ?? '') ? [] : [notesStep(`${path}.notes`, notes, backup.notes)]),
      ...(isProtected === undefined || isProtected === (backup.isProtected === true) ? [] : [protectionStep(`${path}.protected`, isProtected)]),
    ]
    return {steps, whenInterrupted: 'undo', result: null}
  },
})

/** @throws ConflictError when as many of its guest's backups are protected as may be */
async function checkLimit(storage: Storage, {vmid, guestType}: Volume, context: Context): Promise<void> {
  const given = storage.config['max-protected-backups']
  const limit = given === undefined ? await mayAllocate(storage.config.storage, context) ? -1 : defaultProtectedLimit : Number(given)
  if (limit === -1 || vmid === undefined) return
  const others = (await storage.list(['backup'], vmid)).filter((volume) => volume.isProtected === true && volume.guestType === guestType)
  if (others.length < limit) return
  throw new ConflictError(`${others.length} backups of guest ${vmid} are protected on storage '${storage.config.storage}', and no more may be`, {
    data: {vmid, limit}, nextSteps: [...others.slice(0, 1).map(({id}) => `Take the protection from one: corral storage annotate ${formatVolumeId(id)} --protected 0`), `Or let more be: pvesm set ${storage.config.storage} --max-protected-backups ${others.length + 1}`],
  })
}

/** What stands in its tags is changed at once. */
function repositorySteps({id, notes = '', isProtected = false}: Volume, wanted: {readonly notes: string | undefined; readonly isProtected: boolean | undefined}): Step[] {
  const before = {notes, isProtected}
  const after = {notes: (wanted.notes ?? notes).trimEnd(), isProtected: wanted.isProtected ?? isProtected}
  if (after.notes === before.notes && after.isProtected === before.isProtected) return []
  const action = {kind: 'repository.annotate', volume: formatVolumeId(id)}
  return [{do: {...action, ...after}, undo: {...action, ...before}}]
}

function notesStep(path: string, notes: string, before: string | undefined): Step {
  return {do: textFile(path, notes.trimEnd()), undo: textFile(path, before ?? '')}
}

/** An empty text is no file. */
function textFile(path: string, text: string): Action {
  return text === '' ? {kind: 'file.remove', path} : {kind: 'file.write', path, text: `${text}\n`, mode: 0o644}
}

function protectionStep(path: string, isProtected: boolean): Step {
  const put: Action = {kind: 'file.write', path, text: '', mode: 0o644}
  const take: Action = {kind: 'file.remove', path}
  return isProtected ? {do: put, undo: take} : {do: take, undo: put}
}
