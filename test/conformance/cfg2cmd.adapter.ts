// Suite cfg2cmd: a VM configuration and what is true of its host -> QEMU's command line. The environment of the suite becomes the facts
// that the product would gather; configuration, storage names and arguments are the product's own.
import {InvalidInputError, UnsupportedError} from '../../src/lib/base/index.ts'
import {systemClock} from '../../src/lib/base/index.ts'
import {buildArguments} from '../../src/lib/guest/qemu/arguments/index.ts'
import type {ArgumentsInput, DriveBacking, FirmwareFile, HostFacts, QemuArguments} from '../../src/lib/guest/qemu/arguments/index.ts'
import {driveKeys, parseQemuConfig, readDrive, readNic, refuseUnsupportedKeys} from '../../src/lib/guest/qemu/config/index.ts'
import {parseCustomCpuModels, pathBacking, volumeBacking} from '../../src/lib/guest/qemu/facts/index.ts'
import {choosePciDevices, parsePciMappings} from '../../src/lib/guest/qemu/host-devices/index.ts'
import {parseVolumeId} from '../../src/lib/storage/index.ts'
import {loadStoragePlugin} from '../../src/lib/storage/plugins.ts'
import {parseStorageConfig} from '../../src/lib/storage/storage-config.ts'
import {Refusal, Unsupported, attempt, compareData, isRecord, type Adapter, type Data} from './adapter.ts'
import {besideIscsiServer} from './iscsi-server.ts'

type Values = Readonly<Record<string, string>>
type Architecture = HostFacts['arch']

export const adapter: Adapter = {
  async answer(input, env) {
    try {
      const config = parseQemuConfig(String(input['config'])).current
      refuseUnsupportedKeys(config.values)
      const drives = await backings(config.values, env)
      const hostPci = choosePciDevices(config.values, pciFacts(env))
      return attempt(() => buildArguments({...guestFacts(env), config, drives, hostPci, host: hostFacts(input, env, config.values)}))
    } catch (error) {
      // What Corral does not have yet is not a wrong configuration; a case that asks for it is neither passed nor failed.
      if (error instanceof UnsupportedError) throw new Unsupported(error.message)
      if (error instanceof InvalidInputError) return new Refusal(error)
      throw error
    }
  },
  differences(answer, expect, _input, env) {
    if (answer instanceof Refusal) return expect['error'] === undefined ? [`was refused: ${answer.message}`] : []
    const {argv, warnings} = answer as QemuArguments
    if (expect['error'] !== undefined) return [`was not refused, expected: ${JSON.stringify(expect['error'])}`]
    const expectedWarnings = expect['warning'] === undefined ? 0 : 1
    return [
      ...compareArguments(argv, expect['argv'] as string[], env),
      ...(warnings.length === expectedWarnings ? [] : [`warnings: ${JSON.stringify(warnings)}, expected ${expectedWarnings}`]),
    ]
  },
}

/** The files of Proxmox VE that stand for those of ours lie where the suite says (env.productPaths). */
const product = {run: '/var/run/qemu-server', share: '/usr/share/qemu-server', libexec: '/usr/libexec/qemu-server', firmware: '/usr/share/pve-edk2-firmware/'}

function guestFacts(env: Data): Pick<ArgumentsInput, 'vmid' | 'paths' | 'eventSocket' | 'spice'> {
  const vmid = Number(env['vmid'])
  const base = `${product.run}/${vmid}`
  return {
    vmid,
    paths: {
      dir: '/run/qemu-server', firmware: `/run/qemu-server/efidisk/${vmid}-ovmf.fd`, pid: `${base}.pid`, qmp: `${base}.qmp`, qga: `${base}.qga`, vnc: `${base}.vnc`,
      serial0: `${base}.serial0`, serial1: `${base}.serial1`, serial2: `${base}.serial2`, serial3: `${base}.serial3`, swtpm: `${base}.swtpm`, virtiofs: `${base}.virtiofs`,
    },
    eventSocket: '/var/run/qmeventd.sock',
    spice: {kind: 'tls', address: String(env['localhostAddress']), port: Number(env['firstSpicePort'])},
  }
}

function hostFacts(input: Data, env: Data, values: Values): HostFacts {
  const given: Data = {...env['defaults'] as Data, ...input}
  const version = String(given['qemuVersion'])
  const files = env['files'] as Values
  return {
    arch: given['hostArch'] as Architecture,
    cpuVendor: String(given['hostCpuVendor']),
    cpuCount: Number(env['hostCpusAtLeast']),
    physAddressBits: Number(env['hostPhysAddressBits']),
    nestedFlag: given['hostCpuVendor'] === 'AuthenticAMD' ? 'svm' : 'vmx',
    isKvmUsable: env['kvmAvailable'] === true,
    hasVhostNet: env['vhostNet'] === true,
    hasIoUring: true,
    emulators: emulators(given['hostArch'] as Architecture, version),
    firmware: firmware(env),
    iscsiInitiator: String(env['iscsiInitiator']),
    bootSplash: `${product.share}/bootsplash.jpg`,
    cdromDevice: String(env['cdromDevice']),
    support: {
      q35: `${product.share}/pve-q35-4.0.cfg`, q35Before4: `${product.share}/pve-q35.cfg`, usb: `${product.share}/pve-usb.cfg`,
      tapUp: `${product.libexec}/pve-bridge`, tapDown: `${product.libexec}/pve-bridgedown`,
    },
    customCpuModels: parseCustomCpuModels(files['/etc/pve/virtual-guest/cpu-models.conf'] ?? ''),
    bridgeMtu: bridgeMtus(env['bridgeMtu'] as Readonly<Record<string, number>>, values),
    usbMappings: {},
    onlineCpus: new Set(Array.from({length: 256}, (_, number) => number)),
    // The suite: every node id exists, every size is supported.
    numaNodes: Array.from({length: 8}, (_, number) => number), hugePageSizesMib: [2, 1024],
    encryption: encryption(given),
  }
}

function encryption(given: Data): HostFacts['encryption'] {
  const {'amd-sev': sev} = given['hwCapabilities'] as {'amd-sev': Readonly<Record<string, number | boolean>>}
  if (sev['sev-support'] !== true) return {sev: undefined, hasTdx: false}
  return {
    hasTdx: false,
    sev: {
      cbitpos: Number(sev['cbitpos']), reducedPhysBits: Number(sev['reduced-phys-bits']), hasEs: sev['sev-support-es'] === true, hasSnp: sev['sev-support-snp'] === true,
    },
  }
}

function pciFacts(env: Data): Parameters<typeof choosePciDevices>[1] {
  const infos = env['pciDeviceInfo'] as readonly {prefix: string; vendor: string; device: string; iommugroup: number}[]
  const devices = (env['pciDevices'] as readonly string[]).map(address => {
    const info = infos.find(({prefix}) => address.startsWith(prefix))
    return {address, vendor: info?.vendor, device: info?.device, iommuGroup: info?.iommugroup}
  })
  const mappings = parsePciMappings((env['files'] as Values)['/etc/pve/mapping/pci.cfg'] ?? '')
  return {node: String(env['nodename']), vmid: Number(env['vmid']), devices, mappings, taken: new Map()}
}

/** The host's own architecture runs under the name that KVM's binary has there. */
function emulators(hostArch: Architecture, version: string): HostFacts['emulators'] {
  const emulator = (arch: Architecture) => ({binary: arch === hostArch ? '/usr/bin/kvm' : `/usr/bin/qemu-system-${arch}`, version})
  return {x86_64: emulator('x86_64'), aarch64: emulator('aarch64')}
}

function firmware(env: Data): HostFacts['firmware'] {
  const {sizes} = env['firmware'] as {sizes: readonly {match: string; bytes: number}[]}
  const file = (code: string, vars: string): FirmwareFile => {
    const size = sizes.find(({match}) => new RegExp(match).test(vars))
    return {code: `${product.firmware}/${code}`, vars: `${product.firmware}/${vars}`, varsSizeBytes: size?.bytes ?? 0}
  }
  return {
    '2m': file('OVMF_CODE.fd', 'OVMF_VARS.fd'), '4m': file('OVMF_CODE_4M.fd', 'OVMF_VARS_4M.fd'),
    sev: file('OVMF_SEV_CODE_4M.fd', 'OVMF_SEV_VARS_4M.fd'), 'sev-snp': `${product.firmware}/OVMF_SEV_4M.fd`, tdx: `${product.firmware}/OVMF_TDX_4M.fd`,
    '4m-smm': file('OVMF_CODE_4M.secboot.fd', 'OVMF_VARS_4M.fd'), arm: file('AAVMF_CODE.fd', 'AAVMF_VARS.fd'),
  }
}

function bridgeMtus(given: Readonly<Record<string, number>>, values: Values): Record<string, number> {
  const bridges = Object.entries(values).filter(([key]) => /^net\d+$/.test(key)).map(([key, text]) => readNic(key, text).bridge)
  return Object.fromEntries(bridges.filter(bridge => bridge !== undefined).map(bridge => [bridge, given[bridge] ?? given['*'] ?? 1500]))
}

/** Volumes by the product's own storage types and storage.cfg; for paths the suite says which are block devices. */
async function backings(values: Values, env: Data): Promise<Record<string, DriveBacking>> {
  const {sections} = parseStorageConfig((env['files'] as Values)['/etc/pve/storage.cfg'] ?? '')
  const found: Record<string, DriveBacking> = {}
  for (const key of [...driveKeys, 'efidisk0']) {
    const text = values[key]
    if (text === undefined) continue
    const drive = readDrive(key, text)
    if (drive.file === 'none') continue
    if (drive.file === 'cdrom') {
      found[key] = {source: {protocol: {driver: 'host_cdrom', filename: String(env['cdromDevice'])}, format: 'raw'}}
    } else if (drive.file.startsWith('/')) {
      found[key] = pathBacking(drive, drive.file.includes('/dev/') ? 'block' : 'file')
    } else {
      const id = parseVolumeId(drive.file)
      const section = sections[id.storage]
      if (section === undefined) throw new Unsupported(`the suite has no storage '${id.storage}' of a type that Corral has`)
      const plugin = await loadStoragePlugin(section.type)
      const server = env['zfsOverIscsi'] as {readonly lun: string}
      const host = besideIscsiServer({section, volume: id.name, lun: Number(server.lun), initiator: String(env['iscsiInitiator'])})
      const storage = plugin.open(section, host, systemClock)
      await storage.locate?.(id)
      found[key] = volumeBacking(drive, id, storage)
    }
  }
  return found
}

interface Pair { readonly flag: string; readonly value: unknown; readonly text: string }

const flagsWithoutValue = new Set(['-daemonize', '-no-shutdown', '-nodefaults', '-nographic', '-snapshot', '-S', '-no-reboot'])

/** The suite's own comparison: flags paired with values, as a multiset. */
function compareArguments(actual: readonly string[], expected: readonly string[], env: Data): string[] {
  const left = pairs(actual, env)
  const missing = pairs(expected, env).filter(pair => {
    const index = left.findIndex(candidate => candidate.flag === pair.flag && compareData(candidate.value, pair.value).length === 0)
    if (index >= 0) left.splice(index, 1)
    return index < 0
  })
  return [...missing.map(({text}) => `expected ${text}`), ...left.map(({text}) => `has      ${text}`)]
}

function pairs(argv: readonly string[], env: Data): Pair[] {
  const [binary = '', ...words] = argv
  const found: Pair[] = [{flag: 'binary', value: binary.split('/').at(-1), text: binary}]
  for (let index = 0; index < words.length; index++) {
    const flag = words[index] ?? ''
    const value = flagsWithoutValue.has(flag) ? '' : words[++index] ?? ''
    if (flag === '-id' || flag === '-pidfile') continue
    found.push({flag, value: normalise(flag, value, env), text: `${flag} ${value}`})
  }
  return found
}

function normalise(flag: string, value: string, env: Data): unknown {
  if (value.startsWith('{')) return normaliseJson(JSON.parse(value), env)
  const [first = '', ...rest] = value.replaceAll(',,', '\u0000').split(',').map(part => normalisePart(flag, part, env))
  return {first, rest: rest.filter(part => part !== '').sort()}
}

function normalisePart(flag: string, part: string, env: Data): string {
  const plain = flag === '-machine' ? part.replace(/^(type=.*)\+pve\d+$/, '$1') : part
  const match = /^([^=]*=)?(?:unix:)?(\/.*)$/.exec(plain)
  if (match === null) return plain
  const [, key = '', path = ''] = match
  return flag === '-chardev' && key === 'path=' && path.includes('/run/') ? 'path=' : `${key}${withoutProductFolder(path, env)}`
}

function normaliseJson(value: unknown, env: Data): unknown {
  if (typeof value === 'string') return withoutProductFolder(value, env)
  if (Array.isArray(value)) return value.map(item => normaliseJson(item, env))
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) =>
    [key, key === 'node-name' && /^[a-z][0-9a-f]{30}$/.test(String(member)) ? 'node' : normaliseJson(member, env)]))
}

function withoutProductFolder(path: string, env: Data): string {
  const folder = (env['productPaths'] as readonly string[]).find(entry => entry.endsWith('/') && path.startsWith(entry))
  return folder === undefined ? path : path.slice(folder.length).replace(/^\/+/, '')
}
