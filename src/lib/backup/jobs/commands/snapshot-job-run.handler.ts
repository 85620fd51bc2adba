// corral snapshot job run: snapshots of the guests of a job, and which of those before are given up. Each is a task of its own and takes its guest's lock.
import {toolOf} from '../../../guest/guest-wishes.ts'
import type {GuestOfNode} from '../../../guest/guest-wishes.ts'
import {readContainer} from '../../../guest/lxc/kind.ts'
import {readGuest} from '../../../guest/qemu/guest-files.ts'
import {retentionOf} from '../../../storage/prune/retention.ts'
import {handleChange} from '../../../tasks/index.ts'
import type {Context} from '../../../tasks/index.ts'
import type {GuestToKeep} from '../actions/take-snapshots.ts'
import {chosenGuests} from '../chosen-guests.ts'
import {storedJob} from '../job-changes.ts'
import type {Job} from '../job-config.ts'
import {givenUp, snapshotDescriptionOf, snapshotNameOf} from '../snapshot-names.ts'
import type {KnownSnapshot} from '../snapshot-names.ts'
import {spec} from './snapshot-job-run.spec.ts'

export const handler = handleChange(spec, {
  locks: () => [],
  plan: async ({id}, context) => {
    const job = await storedJob('snapshot', id, context.store)
    const nowMs = Math.floor(context.clock.now() / 1000) * 1000
    const chosen = (await chosenGuests(job.values, context)).filter(({isTemplate}) => !isTemplate)
    if (chosen.length === 0) context.log.info('there is no guest to take a snapshot of')
    const guests = await Promise.all(chosen.map((guest) => guestToKeep(guest, job, nowMs, context)))
    return {steps: guests.length === 0 ? [] : [{do: {kind: 'jobs.take-snapshots', guests}}], whenInterrupted: 'undo', result: null}
  },
})

async function guestToKeep({vmid, kind}: GuestOfNode, {id, values}: Job, nowMs: number, context: Context): Promise<GuestToKeep> {
  const {config} = await (kind === 'qemu' ? readGuest(vmid, context) : readContainer(vmid, context))
  const snapshots = Object.entries(config.snapshots).map(([name, section]): KnownSnapshot => ({
    name, description: section.description, timeSeconds: /^\d{1,12}$/.test(section.values['snaptime'] ?? '') ? Number(section.values['snaptime']) : undefined,
  }))
  const isWithMemory = kind === 'qemu' && values['vmstate'] === true
  return {
    vmid, tool: toolOf[kind],
    take: {vmid, snapname: snapshotNameOf(id, nowMs), description: snapshotDescriptionOf(id), ...(isWithMemory ? {vmstate: true} : {})},
    remove: givenUp(id, snapshots, retentionOf(values), nowMs),
  }
}
