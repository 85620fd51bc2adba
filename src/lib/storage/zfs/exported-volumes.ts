// Volumes of the pool as LUNs of the target: which number a volume has, giving and taking it. A number, once given, stays with its volume in a
// property of ZFS, so that a target that forgets what it exports (tgt) never gives a running guest's number to another volume.
import {ConflictError, NotFoundError, UnavailableError} from '../../base/index.ts'
import type {Host} from '../../host/index.ts'
import {readIscsiInitiator} from '../iscsi-target.ts'
import type {StorageSecret} from '../storage.ts'
import type {DatasetOnHost} from '../zfspool/dataset.ts'
import {lookUp, runZfs} from '../zfspool/dataset.ts'
import {datasetOf} from '../zfspool/zfs-argv.ts'
import type {ZfsIscsiOptions} from './options.ts'
import {comstar} from './providers/comstar.ts'
import {lio} from './providers/lio.ts'
import type {ExportedLun, LunProvider, NewLun, RunOnServer} from './providers/provider.ts'
import {freeLun} from './providers/provider.ts'
import {tgt} from './providers/tgt.ts'

const providers: Readonly<Record<ZfsIscsiOptions['provider'], LunProvider>> = {LIO: lio, iet: tgt, comstar}

/** A user property of ZFS (zfsprops(7)): ours by the colon. */
const lunProperty = 'corral:lun'
const changeTimeoutMs = 2 * 60_000
const maxReportBytes = 16 * 1024 ** 2

export interface ZfsIscsiStorage extends DatasetOnHost {
  /** The server. */
  readonly host: Host
  /** The host that the storage is used on. */
  readonly local: Host
  readonly options: ZfsIscsiOptions
  readonly secret: StorageSecret | undefined
  /** What was found or given so far, by volume or `volume@snapshot`: the methods that may not ask tell it from here. */
  readonly known: Map<string, number>
  /** This host's name as an initiator, when it was asked for. */
  initiator: string | undefined
  /** Numbers are chosen and taken one after the other. Other processes are kept away by the lock of the storage. */
  lastTurn: Promise<unknown>
}

export function providerOf({options}: Pick<ZfsIscsiStorage, 'options'>): LunProvider {
  return providers[options.provider]
}

/** Pure. */
export function devicePath({devices, pool}: ZfsIscsiOptions, volume: string): string {
  return `${devices}/${pool}/${volume}`
}

/** The name of a unit on the server. Pure. */
export function unitName({pool}: ZfsIscsiOptions, volume: string): string {
  return `${pool}/${volume}`.replace(/[^a-zA-Z0-9._-]/g, '-')
}

function runner(on: ZfsIscsiStorage): RunOnServer {
  return async (argv) => {
    try {
      return (await on.host.run(argv, {timeoutMs: changeTimeoutMs, maxOutputBytes: maxReportBytes})).stdout
    } catch (error) {
      if (error instanceof NotFoundError) throw new UnavailableError(`storage '${on.storage}' cannot be used: the iSCSI server has no ${argv[0] ?? 'target'}, which the provider ${on.options.provider} needs`, {cause: error})
      throw error
    }
  }
}

/** @throws UnavailableError when the server has no such target */
export async function exportedLuns(on: ZfsIscsiStorage): Promise<readonly ExportedLun[]> {
  const luns = await providerOf(on).luns(on.options, runner(on))
  if (luns !== undefined) return luns
  throw new UnavailableError(`storage '${on.storage}' is not there: the iSCSI server has no target '${on.options.target}'${on.options.portalGroup === '' ? '' : ` with the portal group ${on.options.portalGroup}`}`, {
    nextSteps: ['Make it on the server; Corral looks after its LUNs only.'],
  })
}

/** Remembers where a volume is. @throws ConflictError when it is not exported and its number is not known */
export async function locate(on: ZfsIscsiStorage, volume: string): Promise<void> {
  on.initiator ??= await readIscsiInitiator(on.local)
  if (on.known.has(volume)) return
  const device = devicePath(on.options, volume)
  const luns = await exportedLuns(on)
  const lun = luns.find((each) => each.device === device)?.lun ?? await rememberedFree(on, volume, luns)
  if (lun === undefined) throw notExported(on, volume)
  on.known.set(volume, lun)
}

/** Exports a volume that is not exported yet, by the number that it remembers. */
export async function ensureExported(on: ZfsIscsiStorage, volume: string): Promise<void> {
  on.initiator ??= await readIscsiInitiator(on.local)
  const luns = await exportedLuns(on)
  const present = luns.find(({device}) => device === devicePath(on.options, volume))
  const lun = present?.lun ?? await rememberedFree(on, volume, luns)
  if (lun === undefined) throw notExported(on, volume)
  if (present === undefined) await add(on, volume, lun, false)
  on.known.set(volume, lun)
}

/** Exports a volume that was just made, or a snapshot for reading. */
export async function exportNew(on: ZfsIscsiStorage, volume: string, isReadOnly = false): Promise<void> {
  const turn = on.lastTurn.then(() => exportByFreeNumber(on, volume, isReadOnly))
  on.lastTurn = turn.catch(() => undefined)
  await turn
}

async function exportByFreeNumber(on: ZfsIscsiStorage, volume: string, isReadOnly: boolean): Promise<void> {
  on.initiator ??= await readIscsiInitiator(on.local)
  const luns = await exportedLuns(on)
  const present = luns.find(({device}) => device === devicePath(on.options, volume))
  if (present !== undefined) {
    on.known.set(volume, present.lun)
    return
  }
  const remembered = await rememberedLuns(on)
  const [taken, own] = [luns.map((each) => each.lun), remembered.get(volume)]
  const lun = own !== undefined && !taken.includes(own) ? own : freeLun([...taken, ...remembered.values()])
  if (lun === undefined) throw new ConflictError(`the iSCSI target '${on.options.target}' has no free LUN`)
  if (!isReadOnly) await runZfs(on, ['zfs', 'set', `${lunProperty}=${lun}`, datasetOf(on.options, volume)])
  await add(on, volume, lun, isReadOnly)
  on.known.set(volume, lun)
}

async function add(on: ZfsIscsiStorage, volume: string, lun: number, isReadOnly: boolean): Promise<void> {
  const device = devicePath(on.options, volume)
  const wanted: NewLun = {lun, device, name: unitName(on.options, volume), isReadOnly}
  // The device of a zvol appears a moment after zfs has answered.
  if (on.options.provider !== 'comstar') await on.host.run(['udevadm', 'settle', '--timeout=20', `--exit-if-exists=${device}`], {timeoutMs: changeTimeoutMs, okExitCodes: [0, 1]})
  await providerOf(on).add(on.options, runner(on), wanted)
}

/** Right as well when it is not exported. @throws ConflictError when somebody uses it and the server can tell */
export async function unexport(on: ZfsIscsiStorage, volume: string): Promise<void> {
  const present = (await exportedLuns(on)).find(({device}) => device === devicePath(on.options, volume))
  if (present !== undefined) await providerOf(on).remove(on.options, runner(on), present)
  on.known.delete(volume)
}

/** Tells the target that a volume has grown. */
export async function exportedGrown(on: ZfsIscsiStorage, volume: string, sizeBytes: number): Promise<void> {
  const present = (await exportedLuns(on)).find(({device}) => device === devicePath(on.options, volume))
  if (present !== undefined) await providerOf(on).resized(on.options, runner(on), present, sizeBytes)
}

/** The number that a volume has been given, unless something else is exported by it. */
async function rememberedFree(on: ZfsIscsiStorage, volume: string, luns: readonly ExportedLun[]): Promise<number | undefined> {
  const lun = (await rememberedLuns(on)).get(volume)
  return lun === undefined || luns.some((each) => each.lun === lun) ? undefined : lun
}

async function rememberedLuns(on: ZfsIscsiStorage): Promise<Map<string, number>> {
  const {pool} = on.options
  return parseLunProperties(await lookUp(on, ['zfs', 'get', '-Hp', '-d', '1', '-t', 'volume', '-s', 'local', '-o', 'name,value', lunProperty, pool]), pool)
}

/** Lines `tank/vm-100-disk-0<tab>5` by the volume's name; others are left out. Pure. */
export function parseLunProperties(text: string, pool: string): Map<string, number> {
  return new Map(text.split('\n').flatMap((line): [string, number][] => {
    const [name = '', value = ''] = line.split('\t')
    return name.startsWith(`${pool}/`) && /^\d{1,5}$/.test(value) ? [[name.slice(pool.length + 1), Number(value)]] : []
  }))
}

function notExported({options, storage}: ZfsIscsiStorage, volume: string): ConflictError {
  return new ConflictError(`the volume '${volume}' of storage '${storage}' is no LUN of the iSCSI target '${options.target}', and it is not known which it was`, {
    nextSteps: [`Export ${devicePath(options, volume)} on the server.`, `Or choose a number that is free: zfs set ${lunProperty}=<number> ${datasetOf(options, volume)}`],
  })
}
