// What every new virtual machine gets, whether it is made from options or imported: values that nobody gave, and the order of the steps that
// make it.
import {storeCommitStep} from '../../tasks/index.ts'
import type {Context, Plan, WantedFile} from '../../tasks/index.ts'
import type {GuestConfig} from '../guest-config.ts'
import {defaultBootOrder, formatBootOrder} from './boot-order.ts'
import {changeConfig} from './change-config.ts'
import type {ValueSources} from './config-values.ts'
import {creationRecord, installedQemuVersion, pinnedMachine} from './creation-defaults.ts'
import {ownedBy} from '../volume-owner.ts'

const emptyConfig: GuestConfig = {current: {values: {}}, pending: {}, pendingDelete: {}, snapshots: {}, special: {}}

/** The VMID is claimed first, with a configuration that is locked; then the volumes are made and filled; then the whole configuration takes its place. */
export function withReservation(path: string, claims: readonly WantedFile[], text: string, volumeSteps: Plan['steps']): Plan['steps'] {
  const reserved = 'lock: create\n'
  return [
    storeCommitStep([...claims, {path, was: undefined, text: reserved}]),
    ...volumeSteps,
    storeCommitStep([{path, was: {data: reserved}, text}]),
  ]
}

/** The values that were given and those that every new machine gets, as Proxmox VE adds them. */
export async function completeConfig(vmid: number, values: Readonly<Record<string, string>>, sources: ValueSources, context: Context): Promise<GuestConfig> {
  const facts = {vmid, isRunning: false, ownsVolume: ownedBy(vmid), isKnownKey: () => true}
  const {config} = changeConfig(emptyConfig, {values, delete: [], revert: [], force: false}, facts)
  const given = config.current.values
  const qemuVersion = await installedQemuVersion(given['arch'], context)
  const boot = formatBootOrder(defaultBootOrder(given))
  const machine = pinnedMachine(given, qemuVersion)
  const generated: Record<string, string> = {
    ...(boot === '' ? {} : {boot}),
    smbios1: `uuid=${sources.newUuid()}`,
    // QEMU has no such device for ARM.
    ...(given['arch'] === 'aarch64' ? {} : {vmgenid: sources.newUuid()}),
    meta: creationRecord(qemuVersion, context.clock.now()),
  }
  return {...config, current: {...config.current, values: {...generated, ...given, ...(machine === undefined ? {} : {machine})}}}
}
