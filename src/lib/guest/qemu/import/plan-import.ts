// The plan that makes a virtual machine out of an imported one: what the manifest says, what the caller wants otherwise, new volumes, and copies
// of the images in them. Undone whole when it fails; the locks of the storages are given back before the copies begin.
import {InvalidInputError} from '../../../base/index.ts'
import {formatSize} from '../../../spec/index.ts'
import {copyVolumeSteps, overlayVolumeStep, storageLock} from '../../../storage/index.ts'
import type {Format} from '../../../storage/index.ts'
import {storeCommitStep} from '../../../tasks/index.ts'
import type {Context, Plan, Step} from '../../../tasks/index.ts'
import type {GuestConfig} from '../../guest-config.ts'
import {hookScriptPath} from '../../hooks/hook-script.ts'
import {assertMaySet, splitOptions, storedValues, valueSources, warnOfKeysThatWait} from '../config-values.ts'
import type {ImportingDisk} from '../block-jobs/index.ts'
import {formatQemuConfig} from '../config/index.ts'
import {readBootOrder, formatBootOrder} from '../boot-order.ts'
import {importBandwidth} from '../drives/import-source.ts'
import {planDrives, storagesOfNewVolumes} from '../drives/plan-drives.ts'
import {claimVmid, guestConfigPath, guestLockName} from '../guest-files.ts'
import {completeConfig, withReservation} from '../new-guest.ts'
import {ovfConfig} from '../ovf/config.ts'
import type {ImportedDisk, ImportedMachine} from './import-source.ts'
import {planLive} from './plan-live.ts'

export interface ImportWish {
  readonly vmid: number
  readonly imported: ImportedMachine
  /** For the disks of the machine. */
  readonly storage: string
  readonly format?: Format
  /** Keys of qm.conf as they were given, in place of what the manifest says. */
  readonly options?: Readonly<Record<string, unknown>>
  /** The machine is started at once, and its disks are copied while it runs. */
  readonly isLive?: boolean
  /** Keys that the machine is not to have, disks and cards among them. */
  readonly omit?: readonly string[]
}

/** What an import locks. */
export async function importLocks({vmid, storage, options = {}}: Pick<ImportWish, 'vmid' | 'storage' | 'options'>, context: Context): Promise<string[]> {
  await claimVmid(vmid, 'qemu', context)
  return [guestLockName(vmid), ...new Set([storage, ...storagesOfNewVolumes(splitOptions(options).drives)].map(storageLock))]
}

interface PlannedDisks {
  /** What is filled while the machine runs, and no faster than this. */
  readonly importing: readonly ImportingDisk[]
  readonly bandwidthKib: number
  readonly values: Readonly<Record<string, string>>
  readonly created: readonly Step[]
  readonly filled: readonly Step[]
}

/** @throws ConflictError for a VMID that is taken; InvalidInputError, NotFoundError, UnavailableError, UnsupportedError */
export async function planImport(wish: ImportWish, context: Context): Promise<Plan> {
  const {vmid, imported} = wish
  for (const note of imported.notes) context.log.warn(note)
  const claim = await claimVmid(vmid, 'qemu', context)
  const sources = valueSources(context.store)
  const values = await importedValues(wish, context)
  const disks = await planDisks(wish, context)
  const own = await planDrives({vmid, drives: {...newDrives(wish), ...splitOptions(wish.options ?? {}).drives}, config: withValues(disks.values)}, context)
  const whole = withExistingBootDevices({...values, ...disks.values, ...own.values})
  const config = await completeConfig(vmid, whole, sources, context)
  const path = guestConfigPath(context.node, vmid)
  const volumes = [...withRelease([...disks.created, ...own.steps], wish), ...disks.filled]
  if (wish.isLive === true && disks.importing.length > 0) return {...await planLive({vmid, config, ...disks, option: 'live-import', reserve: (locked) => withReservation(path, [claim], locked, volumes)}, context), result: []}
  const text = formatQemuConfig(config)
  const steps = volumes.length === 0 ? [storeCommitStep([claim, {path, was: undefined, text}])] : withReservation(path, [claim], text, volumes)
  const start = wish.isLive === true ? [{do: {kind: 'guest.start-task', vmid}}] : []
  return {steps: [...steps, ...start], whenInterrupted: 'undo', result: []}
}

/** For the names of volumes that are spoken for. */
function withValues(values: Readonly<Record<string, string>>): GuestConfig {
  return {current: {values}, pending: {}, pendingDelete: {}, snapshots: {}, special: {}}
}

/** The keys that are no drives: the caller's own count more than the manifest's. */
async function importedValues({vmid, imported: {machine}, options = {}, omit = []}: ImportWish, context: Context): Promise<Record<string, string>> {
  const cards = Object.fromEntries(machine.networkCards.map(({model}, number) => [`net${number}`, model]))
  const given = splitOptions(options).others
  const suggested = Object.entries({...ovfConfig(machine), ...cards}).filter(([key]) => !omit.includes(key) && given[key] === undefined)
  const values = await storedValues({...Object.fromEntries(suggested), ...given}, valueSources(context.store))
  assertMaySet(values, context.caller)
  if (values['hookscript'] !== undefined) await hookScriptPath(values['hookscript'], context)
  warnOfKeysThatWait(values, context.log)
  const nats = suggested.filter(([key]) => key.startsWith('net')).map(([key]) => key)
  if (nats.length > 0) context.log.info(`${nats.join(', ')}: behind a NAT until plugged into a bridge (qm set ${vmid} --${nats[0] ?? ''} …,bridge=…)`)
  return values
}

/** The disks of the machine that come with an image and that the caller did not put otherwise. */
function importedDisks({imported, options = {}, omit = []}: ImportWish): readonly ImportedDisk[] {
  return imported.disks.filter(({address}) => !omit.includes(address) && options[address] === undefined)
}

async function planDisks(wish: ImportWish, context: Context): Promise<PlannedDisks> {
  const {vmid, storage, isLive = false} = wish
  const values: Record<string, string> = {}
  const created: Step[] = []
  const filled: Step[] = []
  const importing: ImportingDisk[] = []
  let slowestKib = 0
  for (const {address, source, check} of importedDisks(wish)) {
    if (source === undefined) continue
    const taken = Object.values(values).map((value) => value.split(',')[0] ?? '')
    const bandwidthKib = await importBandwidth(source, storage, context)
    if (isLive && 'path' in source) {
      const copy = await overlayVolumeStep({source, storage, vmid, taken, purpose: address, ...(wish.format === undefined ? {} : {format: wish.format})}, context)
      created.push(copy.step)
      if (check !== undefined) filled.push({do: check})
      values[address] = `${copy.volume},size=${formatSize(copy.sizeBytes)}`
      importing.push({key: address, volume: copy.volume, sizeBytes: copy.sizeBytes, source})
      slowestKib = bandwidthKib
      continue
    }
    const copy = await copyVolumeSteps({source, storage, vmid, taken, purpose: address, bandwidthKib, ...(wish.format === undefined ? {} : {format: wish.format})}, context)
    const [create, ...copies] = copy.steps
    if (create !== undefined) created.push(create)
    filled.push(...(check === undefined ? [] : [{do: check}]), ...copies)
    values[address] = `${copy.volume},size=${formatSize(copy.sizeBytes)}`
  }
  return {values, created, filled, importing, bandwidthKib: slowestKib}
}

/** Disks that begin empty, and the one with the variables of the firmware. */
function newDrives(wish: ImportWish): Record<string, string> {
  const {imported: {machine}, storage, format, options = {}, omit = []} = wish
  const formatted = format === undefined ? '' : `,format=${format}`
  const empty = importedDisks(wish).filter(({source}) => source === undefined)
    .map(({address, sizeBytes}) => [address, `${storage}:${sizeBytes / 1024 ** 3}${formatted}`])
  const wantsVars = machine.usesUefi && options['bios'] !== 'seabios' && !omit.includes('bios') && !omit.includes('efidisk0') && options['efidisk0'] === undefined
  return {
    ...Object.fromEntries(empty) as Record<string, string>,
    ...(wantsVars ? {efidisk0: `${storage}:1,efitype=4m${machine.hasSecureBoot ? ',pre-enrolled-keys=1' : ''}${formatted}`} : {}),
  }
}

function withExistingBootDevices(values: Readonly<Record<string, string>>): Record<string, string> {
  const devices = readBootOrder(values['boot'])
  if (devices === undefined) return {...values}
  const boot = formatBootOrder(devices.filter((device) => values[device] !== undefined))
  return Object.fromEntries(Object.entries({...values, boot}).filter(([key, value]) => key !== 'boot' || value !== ''))
}

/** Hours of copying hold up nobody: once the volumes have their names the storages are free again. */
function withRelease(created: readonly Step[], {storage, options = {}}: ImportWish): Step[] {
  const last = created.at(-1)
  const locks = [...new Set([storage, ...storagesOfNewVolumes(splitOptions(options).drives)].map(storageLock))]
  return last === undefined ? [] : [...created.slice(0, -1), {...last, thenRelease: locks}]
}

/** What would be imported, a line each: for `--dryrun`, which looks no further than the source. */
export function describeImport({imported, options = {}, omit = []}: Pick<ImportWish, 'imported' | 'options' | 'omit'>): string[] {
  const {machine, disks, notes} = imported
  const isKept = (key: string) => !omit.includes(key) && options[key] === undefined
  const values = Object.entries(ovfConfig(machine)).filter(([key]) => isKept(key)).map(([key, value]) => `${key}: ${value.split('\n')[0] ?? ''}`)
  const drives = disks.filter(({address}) => isKept(address)).map(({address, file, sizeBytes}) => `${address}: ${file ?? 'new'} (${formatSize(sizeBytes)})`)
  const cards = machine.networkCards.map(({model, network}, number) => ({key: `net${number}`, line: `net${number}: ${model}${network === undefined ? '' : ` (${network})`}`})).filter(({key}) => isKept(key)).map(({line}) => line)
  return [...values, ...drives, ...cards, ...notes.map((note) => `# ${note}`)]
}

/** @throws InvalidInputError naming what a list of keys has that is none */
export function omittedKeys(text: string | undefined, isKey: (key: string) => boolean): readonly string[] {
  const keys = (text ?? '').split(/[,;\s]+/).filter((key) => key !== '')
  const foreign = keys.find((key) => !isKey(key))
  if (foreign !== undefined) throw new InvalidInputError(`'${foreign.slice(0, 64)}' is no key of a virtual machine`, {delete: `'${foreign.slice(0, 64)}' is no key`})
  return keys
}
