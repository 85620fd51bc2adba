// Which of the changes that wait can be made on a machine that runs, and in which way. Pure. The rules are Proxmox VE's, where it has one;
// docs/hotplug.md says what differs.
import {isCdrom, isCloudInitDrive, isDriveKey, readDrive, readNic} from '../config/index.ts'
import type {Drive, HotplugFeature, Nic} from '../config/index.ts'

/** One key of the configuration: its value in force and the one that waits; undefined where there is none. */
export interface WaitingChange {
  readonly key: string
  readonly now: string | undefined
  readonly then: string | undefined
}

export type Way =
  /** Devices come or go: those that the command line has for the one value and not for the other. */
  | {readonly way: 'parts'; readonly unplugs: boolean; readonly plugs: boolean}
  /** QEMU has no part in it. */
  | {readonly way: 'none'}
  | {readonly way: 'medium' | 'limits' | 'card' | 'balloon' | 'cpu-time' | 'affinity'}
  | {readonly way: 'waits'; readonly why: string}

export interface RunningMachine {
  readonly features: ReadonlySet<HotplugFeature>
  /** What the machine boots from. */
  readonly bootDevices: readonly string[]
  /** Whether USB devices have the one controller that all of them fit on. */
  readonly hasXhci: boolean
  /** Whether QEMU emulates the processor (TCG). */
  readonly isEmulated: boolean
}

/** @throws InvalidInputError for a value that cannot be read */
export function decide(change: WaitingChange, machine: RunningMachine): Way {
  const {key} = change
  if (key === 'efidisk0' || key === 'tpmstate0') return onlyAtStart
  if (isDriveKey(key)) return decideDrive(change, machine)
  if (/^net\d+$/.test(key)) return decideCard(change, machine)
  if (/^usb\d+$/.test(key)) return decideUsb(change, machine)
  switch (key) {
    case 'tablet': return wants('usb', machine, {way: 'parts', unplugs: true, plugs: true})
    case 'vcpus': return decideCpus(change, machine)
    case 'memory': return wants('memory', machine, {way: 'parts', unplugs: true, plugs: true})
    case 'balloon': return isOff(change.now) === isOff(change.then) ? {way: 'balloon'} : {way: 'waits', why: 'the balloon device comes and goes only with a start'}
    case 'cpulimit':
    case 'cpuunits': return {way: 'cpu-time'}
    case 'affinity': return {way: 'affinity'}
    default: return onlyAtStart
  }
}

const onlyAtStart: Way = {way: 'waits', why: 'it takes effect only with a start'}

const featureWords: Readonly<Record<HotplugFeature, string>> = {
  disk: 'disks', network: 'network cards', usb: 'USB devices', cpu: 'CPUs', memory: 'memory', cloudinit: 'the settings of cloud-init',
}

/** CPUs and memory can be plugged only into a machine that was started for it, so these two words take effect with a start themselves. */
function wants(feature: HotplugFeature, {features}: RunningMachine, way: Way): Way {
  return features.has(feature) ? way : {way: 'waits', why: `'hotplug' is not on for ${featureWords[feature]} (${feature})`}
}

/** QEMU 7.2 with an emulated processor was seen to end with a fault when one of several was taken out. */
function decideCpus({now, then}: WaitingChange, machine: RunningMachine): Way {
  const countOf = (text: string | undefined) => Number(text ?? 0) || Infinity
  if (machine.isEmulated && countOf(then) < countOf(now)) return {way: 'waits', why: 'QEMU cannot be trusted to take CPUs out of a machine whose processor it emulates (kvm: 0)'}
  return wants('cpu', machine, {way: 'parts', unplugs: true, plugs: true})
}

function isOff(balloon: string | undefined): boolean {
  return balloon !== undefined && Number(balloon) === 0
}

function decideDrive({key, now, then}: WaitingChange, machine: RunningMachine): Way {
  const drive = then === undefined ? undefined : readDrive(key, then)
  const old = now === undefined ? undefined : readDrive(key, now)
  if (drive !== undefined && old !== undefined) {
    if (isCdrom(drive) !== isCdrom(old)) return {way: 'waits', why: 'a disk and a CD-ROM drive are different devices'}
    if (isCdrom(drive) || drive.file === old.file) return decideSameDrive(drive, old)
  }
  if (/^(?:ide|sata)/.test(key)) return {way: 'waits', why: `${key.startsWith('ide') ? 'IDE' : 'SATA'} drives cannot be plugged while the machine runs; use scsi or virtio`}
  if (old !== undefined && machine.bootDevices.includes(key)) return {way: 'waits', why: 'the machine boots from it'}
  return wants('disk', machine, {way: 'parts', unplugs: old !== undefined, plugs: drive !== undefined})
}

/** What neither QEMU nor the guest sees of a drive. */
const unseen: ReadonlySet<string> = new Set(['backup', 'replicate', 'shared', 'size'])

function decideSameDrive(drive: Drive, old: Drive): Way {
  const names = [...new Set([...Object.keys(drive), ...Object.keys(old)])] as (keyof Drive)[]
  const changed = names.filter(name => drive[name] !== old[name] && !unseen.has(name))
  const others = changed.filter(name => name !== 'file' && !isLimit(name))
  if (others.length > 0) return {way: 'waits', why: `${others.map(name => `'${name}'`).join(', ')} of a drive take${others.length === 1 ? 's' : ''} effect only with a start`}
  if (!changed.includes('file')) return changed.length === 0 ? {way: 'none'} : {way: 'limits'}
  if (changed.length > 1) return {way: 'waits', why: 'another medium and other limits at once; give them one after the other'}
  if (isCloudInitDrive(drive) || isCloudInitDrive(old)) return {way: 'waits', why: "a drive for cloud-init changes only with a start"}
  return {way: 'medium'}
}

/** `mbps_rd`, `iops_max`, …: of throttling, in `throttling.ts`. */
function isLimit(name: string): boolean {
  return /^(?:bps|mbps|iops)(?:_|$)/.test(name)
}

function decideCard({key, now, then}: WaitingChange, machine: RunningMachine): Way {
  const card = then === undefined ? undefined : readNic(key, then)
  const old = now === undefined ? undefined : readNic(key, now)
  if (card !== undefined && old !== undefined && !isOtherCard(card, old)) return {way: 'card'}
  return wants('network', machine, {way: 'parts', unplugs: old !== undefined, plugs: card !== undefined})
}

/** Whether the guest would see another card, or QEMU need another backend. */
function isOtherCard(card: Nic, old: Nic): boolean {
  return (['model', 'macaddr', 'queues', 'mtu'] as const).some(name => card[name] !== old[name]) || (card.bridge === undefined) !== (old.bridge === undefined)
}

function decideUsb({now, then}: WaitingChange, machine: RunningMachine): Way {
  if (!machine.hasXhci) return {way: 'waits', why: 'USB devices are plugged only with a machine version of at least 7.1 and the ostype l26 or Windows 8 and later'}
  return wants('usb', machine, {way: 'parts', unplugs: now !== undefined, plugs: then !== undefined})
}
