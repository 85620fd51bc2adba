// Suite qm-plans: small decisions about virtual machines: the choice of PCI devices, the copying of volumes, the volumes of a replication.
import {NotFoundError, UnsupportedError, systemClock} from '../../src/lib/base/index.ts'
import {parseQemuConfig} from '../../src/lib/guest/qemu/config/index.ts'
import {replicatableVolumes} from '../../src/lib/guest/qemu/drives/replicatable-volumes.ts'
import {choosePciDevices, parsePciMappings} from '../../src/lib/guest/qemu/host-devices/index.ts'
import {convertArgv} from '../../src/lib/storage/convert-image.ts'
import {parseVolumeId} from '../../src/lib/storage/index.ts'
import type {Storage, StorageConfig, VolumeId} from '../../src/lib/storage/index.ts'
import {loadStoragePlugin} from '../../src/lib/storage/plugins.ts'
import {Refusal, Unsupported, attempt, compareData, isRecord, type Adapter, type Data} from './adapter.ts'
import {besideIscsiServer} from './iscsi-server.ts'

interface PciEnvironment {
  readonly devices: readonly string[]
  readonly info: Readonly<Record<string, {vendor: string; device: string; iommugroup: number}>>
  readonly mappings: Readonly<Record<string, {readonly map: readonly string[]; readonly mdev?: number}>>
  readonly reserved: readonly string[]
  readonly node: string
}

export const adapter: Adapter = {
  answer(input, env) {
    if (input['do'] === 'convert') return convert(input, env['convert'] as Data)
    if (input['do'] === 'replicatable-volumes') return replicatable(input, env['replicatable'] as Data)
    if (input['do'] !== 'choose-pci-devices') throw new Unsupported(`qm-plans has no operation '${String(input['do'])}'`)
    const config = input['config']
    const values = isRecord(config) ? config as Readonly<Record<string, string>> : parseQemuConfig(String(config)).current.values
    const pci = env['pci'] as PciEnvironment
    const vmid = Number(input['vmid'] ?? 8006)
    return attempt(() => asData(choosePciDevices(values, {...facts(pci), vmid})))
  },
  differences(answer, expect) {
    if (answer instanceof Refusal) return expect['error'] === undefined ? [`was refused: ${answer.message}`] : []
    if (expect['error'] !== undefined) return ['was not refused']
    if (expect['volumes'] !== undefined) return compareData(answer, expect['volumes'])
    if (expect['command'] !== undefined) return compareData(plainConvert(answer as string[]), plainConvert(expect['command'] as string[]))
    return compareData(answer, addressesByKey(expect))
  },
}

/** Storages are opened on a host on which nothing may be done but to ask an iSCSI server: else the command line follows from names alone. */
async function convert(input: Data, env: Data): Promise<unknown> {
  const opts = input['opts'] as {readonly bwlimit?: number; readonly snapname?: string; readonly 'is-zero-initialized'?: number}
  try {
    const [source, target] = [await volume(String(input['source']), env), await volume(String(input['target']), env)]
    for (const {storage, id} of [source, target]) await storage.locate?.(id)
    return attempt(() => convertArgv({
      source: source.storage.imageName(source.id, opts.snapname), target: target.storage.imageName(target.id),
      isTargetZero: opts['is-zero-initialized'] === 1, ...(opts.bwlimit === undefined ? {} : {bandwidthKib: opts.bwlimit}),
    }))
  } catch (error) {
    if (error instanceof UnsupportedError) throw new Unsupported(error.message)
    if (error instanceof NotFoundError) return new Refusal(error)
    throw error
  }
}

async function replicatable(input: Data, env: Data): Promise<unknown> {
  const opened = new Map<string, Storage>()
  for (const name of Object.keys(env['storages'] as Data)) opened.set(name, (await volume(`${name}:x`, env)).storage)
  return attempt(() => replicatableVolumes(Number(input['vmid']), parseQemuConfig(String(input['config'])), (name) => {
    const storage = opened.get(name)
    if (storage === undefined) throw new NotFoundError(`there is no storage '${name}'`)
    return storage
  }))
}

async function volume(text: string, env: Data): Promise<{storage: Storage; id: VolumeId}> {
  const id = parseVolumeId(text)
  const section = (env['storages'] as Readonly<Record<string, Data>>)[id.storage]
  if (section === undefined) throw new NotFoundError(`there is no storage '${id.storage}'`)
  const content = Object.keys(section['content'] as Data | undefined ?? {images: 1}).join(',')
  const config = {...section, content, storage: id.storage} as unknown as StorageConfig
  const host = besideIscsiServer({section: config, volume: id.name, lun: Number(env['iscsi-lun']), initiator: String(env['iscsi-initiator'])})
  return {storage: (await loadStoragePlugin(config.type)).open(config, host, systemClock), id}
}

/**
 * The command lines in one form. Stock QEMU has no filter `zeroinit`, which Proxmox VE's has: what it says of a target, the option
 * --target-is-zero says as well. Two dashes end the options where ours do so.
 */
function plainConvert(command: readonly string[]): readonly string[] {
  const [program = '', ...rest] = command.filter(word => word !== '--')
  const target = rest.at(-1) ?? ''
  const isZero = /^(?:zeroinit:|driver=zeroinit,)/.test(target) || rest.includes('--target-is-zero')
  const filtered = target.startsWith('driver=zeroinit,') ? target.slice('driver=zeroinit,'.length).replace(/(^|,)file\./g, '$1') : target.replace(/^zeroinit:/, '')
  const words = rest.slice(0, -1).filter(word => word !== '--target-is-zero')
  return [program.slice(program.lastIndexOf('/') + 1), ...(isZero ? ['--target-is-zero'] : []), ...words, filtered.split(',').sort().join(',')]
}

function facts({devices, info, mappings, reserved, node}: PciEnvironment): Omit<Parameters<typeof choosePciDevices>[1], 'vmid'> {
  const known = devices.map(address => {
    const found = Object.entries(info).find(([prefix]) => address.startsWith(prefix))?.[1]
    return {address, vendor: found?.vendor, device: found?.device, iommuGroup: found?.iommugroup}
  })
  const file = Object.entries(mappings).map(([name, {map, mdev}]) =>
    `${name}\n${mdev === undefined ? '' : `\tmdev ${mdev}\n`}${map.map(entry => `\tmap ${entry}\n`).join('')}\n`).join('')
  return {node, devices: known, mappings: parsePciMappings(file), taken: new Map(reserved.map(address => [address, undefined]))}
}

function asData(chosen: ReturnType<typeof choosePciDevices>): Data {
  return Object.fromEntries(Object.entries(chosen).map(([key, {addresses}]) => [key, [...addresses]]))
}

/** The devices by key, wherever the expectation has them: lists of addresses, or of records that hold them as `id`. */
function addressesByKey(expect: Data): Data {
  const holder = Object.values(expect).find(value => isRecord(value) && Object.keys(value).some(key => /^hostpci\d+$/.test(key)))
  const found = Object.entries(isRecord(holder) ? holder : expect).filter(([key]) => /^hostpci\d+$/.test(key))
  return Object.fromEntries(found.map(([key, value]) => {
    const list: unknown = isRecord(value) ? value['ids'] ?? value['devices'] : value
    return [key, (Array.isArray(list) ? list : [list]).map((item: unknown) => (isRecord(item) ? item['id'] : item))]
  }))
}
