// A state that is kept of a guest: which volume it gets, what the configuration says of it, and what a start from it needs. Pure but for the
// looks at storages.
import {InvalidInputError, UnsupportedError} from '../../../../base/index.ts'
import {createVolumeStep, formatVolumeId, openStorage, parseVolumeId, storageConfig, storageLock} from '../../../../storage/index.ts'
import type {StorageContext} from '../../../../storage/index.ts'
import type {Step} from '../../../../tasks/index.ts'
import {readMemoryMib} from '../../config/memory.ts'
import {snapshotDrives} from '../../snapshots/disks.ts'
import type {KeptState} from '../../snapshots/sections.ts'

const mebibyte = 1024 * 1024
/** What the devices take beside the memory, at most. */
const devicesMib = 500

/** What QEMU can neither save nor load. */
const boundToHost: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/^hostpci\d+$/, 'a device of the host keeps its state to itself'],
  [/^virtiofs\d+$/, 'a folder of the host that is mounted has no state that could be saved'],
  [/^(?:amd-sev|intel-tdx)$/, 'encrypted memory cannot be read'],
]

/** @throws UnsupportedError naming the keys that stand in the way */
export function assertStateCanBeKept(values: Readonly<Record<string, string>>, vmid: number): void {
  const found = Object.keys(values).flatMap((key) => boundToHost.filter(([pattern]) => pattern.test(key)).map(([, reason]) => `${key}: ${reason}`))
  if (found.length > 0) throw new UnsupportedError(`the state of virtual machine ${vmid} cannot be kept (${found.join('; ')})`, {data: {vmid}})
}

/** The first pass through the memory and, of a guest that writes all the time, a second one; and its devices. */
export function stateSizeBytes(values: Readonly<Record<string, string>>): number {
  return (2 * readMemoryMib(values['memory']) + devicesMib) * mebibyte
}

/**
 * The storage for a state, as Proxmox VE chooses it: the one that was asked for, `vmstatestorage`, a shared one that has a disk of the
 * machine, another one that has, `local`. Of several, one whose volumes are files.
 */
export async function stateStorage(wanted: string | undefined, values: Readonly<Record<string, string>>, context: StorageContext): Promise<string> {
  const named = wanted ?? values['vmstatestorage']
  if (named !== undefined) return named
  let shared: string | undefined
  let local: string | undefined
  const names = new Set(snapshotDrives(values).filter(({file}) => !file.startsWith('/')).map(({file}) => parseVolumeId(file).storage))
  for (const name of names) {
    const storage = await openStorage(name, context)
    const hasFiles = (await storageConfig(name, context))['path'] !== undefined
    if (storage.traits.shared) shared = shared === undefined || hasFiles ? name : shared
    else local = local === undefined || hasFiles ? name : local
  }
  return shared ?? local ?? 'local'
}

/** The volume for a state, `vm-100-state-NAME`, and the step that makes it. Its storage's lock is not needed afterwards. */
export async function planStateVolume(vmid: number, name: string, storageName: string, values: Readonly<Record<string, string>>, context: StorageContext): Promise<{volume: string; path: string; step: Step}> {
  const storage = await openStorage(storageName, context)
  if (!storage.traits.defaultContent.includes('images') || !storage.traits.formats.includes('raw')) {
    throw new InvalidInputError(`storage '${storageName}' does not take the state of machines: it is not for raw disk images`, {statestorage: 'is not for disk images'}, {
      nextSteps: [`Choose another one: qm set ${vmid} --vmstatestorage STORAGE`],
    })
  }
  const {id, step} = await createVolumeStep(storage, {vmid, format: 'raw', sizeBytes: stateSizeBytes(values), base: `vm-${vmid}-state-${name}`, purpose: 'state'})
  return {volume: formatVolumeId(id), path: storage.path(id), step: {...step, thenRelease: [storageLock(storageName)]}}
}

/** The state that a section says it has. */
export function keptState({vmstate, runningmachine, runningcpu, 'running-nets-host-mtu': netMtus, machine}: Readonly<Record<string, string>>): KeptState | undefined {
  if (vmstate === undefined) return undefined
  return {volume: vmstate, machine: runningmachine ?? machine ?? 'pc', cpu: runningcpu, netMtus}
}

/** The values that a machine is started with from a state: the board that it ran with, and cards that are told what they were told then. */
export function valuesForState(values: Readonly<Record<string, string>>, {machine, netMtus = ''}: Pick<KeptState, 'machine' | 'netMtus'>): Record<string, string> {
  const started: Record<string, string> = {...values, machine: withMachineType(values['machine'], machine)}
  for (const entry of netMtus.split(',')) {
    const [key = '', mtu] = entry.split('=')
    const card = started[key]
    if (card !== undefined && mtu !== undefined) started[key] = [...card.split(',').filter((part) => !part.startsWith('mtu=')), `mtu=${mtu}`].join(',')
  }
  return started
}

/** The options of the board stay. */
function withMachineType(text: string | undefined, type: string): string {
  const bare = type.split(',')[0] ?? type
  const options = (text ?? '').split(',').filter((part) => part.includes('=') && !part.startsWith('type='))
  return [bare, ...options].join(',')
}
