// How a running container is copied as of one moment: a snapshot of each of its volumes, taken while it stands still, is copied and removed afterwards.
import type {Context, Step} from '../../../tasks/index.ts'
import type {GuestFile} from '../../guest-files.ts'
import {snapshotVolumes} from '../../snapshots/snapshot-volumes.ts'
import {holdSteps} from '../snapshots/hold.ts'
import {snapshotStep} from '../snapshots/plans.ts'
import {volumesOf} from '../snapshots/volumes.ts'

export interface Moment {
  readonly take: readonly Step[]
  readonly drop: readonly Step[]
}

/** The name of the snapshot, which no other clone has. */
export function momentName(vmid: number): string {
  return `clone-${vmid}`
}

/** @throws UnsupportedError naming the volumes that cannot have snapshots */
export async function momentSteps(source: GuestFile, name: string, context: Context): Promise<Moment> {
  const {vmid, config} = source
  const wanted = volumesOf(config.current.values)
  const advice = [`Shut it down first: pct shutdown ${vmid}`, ...wanted.advice.slice(0, 1)]
  const volumes = await snapshotVolumes({...wanted, advice}, {what: 'create', name}, context)
  const gone = await snapshotVolumes({...wanted, advice}, {what: 'remove', name}, context)
  const hold = await holdSteps(source, context)
  return {
    take: [...hold.freeze, ...volumes.map((volume) => snapshotStep(vmid, name, volume)), ...hold.thaw],
    drop: gone.map(({volume, commands}) => ({do: {kind: 'guest.drop-snapshot', vmid, name, volume, commands}})),
  }
}
