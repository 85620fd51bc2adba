// The sections of snapshots in qm.conf: guest/snapshots/sections.ts, bound to virtual machines, and what is theirs alone: the state of the running
// machine, and what must not be the same after a jump in time. Pure but for the numbers drawn.
import {randomUUID} from 'node:crypto'
import type {GuestConfig} from '../../guest-config.ts'
import type {OwnsVolume} from '../../pending.ts'
import {snapshotSections} from '../../snapshots/sections.ts'
import type {NewSection} from '../../snapshots/sections.ts'
import type {SnapshotType} from '../../snapshots/snapshot-type.ts'
import {formatQemuConfig} from '../config/config-file.ts'
import {isDriveKey} from '../config/drives.ts'
import {qemuKind} from '../guest-files.ts'
import {dropUsedUnused, registerUnused, writeKey} from '../pending.ts'

/** What is kept of the running machine beside its disks, so that it can go on from there. */
export interface KeptState {
  readonly volume: string
  /** The board that it ran with, `pc-i440fx-7.2`. */
  readonly machine: string
  /** The value of -cpu that it ran with. */
  readonly cpu: string | undefined
  /** What the network cards were told: `net0=1500,net1=9000`. */
  readonly netMtus?: string | undefined
}

export interface NewSnapshot extends Omit<NewSection, 'stateKeys'> {
  readonly state: KeptState | undefined
}

export const qemuSnapshots: SnapshotType = {kind: qemuKind, isVolumeKey: isDriveKey, formatConfig: formatQemuConfig, registerUnused, dropUsedUnused}

const sections = snapshotSections(qemuSnapshots)

export const {assertNameIsFree, existingSnapshot, withTakenSnapshot, withLeavingSnapshot, withoutSnapshot, assertNoTemplate, assertComplete} = sections

/** The configuration while a snapshot is being taken. */
export function withNewSnapshot(config: GuestConfig, {state, ...section}: NewSnapshot): GuestConfig {
  return sections.withNewSection(config, {...section, ...(state === undefined ? {} : {stateKeys: stateKeys(state)})})
}

/** The keys of a kept state, in a snapshot's section and in the configuration of a machine that is suspended to disk. */
export function stateKeys({volume, machine, cpu, netMtus}: KeptState): Record<string, string> {
  return {
    vmstate: volume, runningmachine: machine,
    ...(cpu === undefined ? {} : {runningcpu: cpu}), ...(netMtus === undefined ? {} : {'running-nets-host-mtu': netMtus}),
  }
}

/** The configuration as a snapshot has it. A machine that knows its generation gets a new one, so that the guest sees that time has jumped. */
export function rolledBack(config: GuestConfig, vmid: number, name: string, ownsVolume: OwnsVolume, newUuid: () => string = randomUUID): GuestConfig {
  const back = sections.withSnapshotInForce(config, vmid, name, ownsVolume)
  const {vmgenid} = back.current.values
  const renewed = vmgenid === undefined || vmgenid === '0' ? back : writeKey(back, 'vmgenid', newUuid())
  // A state without a note of its board comes from a time when that stood in `machine` alone, which was nobody's wish then.
  const {values} = existingSnapshot(config, vmid, name)
  const isOldState = values['vmstate'] !== undefined && values['runningmachine'] === undefined && config.current.values['machine'] === undefined
  return isOldState ? writeKey(renewed, 'machine', undefined) : renewed
}
