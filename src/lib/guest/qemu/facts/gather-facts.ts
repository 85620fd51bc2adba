// Everything that the argument builder is told about the host, looked up through Host. A fact is looked up only where the guest's
// configuration makes it matter, because this is on the way of every start.
import type {Host} from '../../../host/index.ts'
import {supportFolder} from '../../../host/programs.ts'
import {readIscsiInitiator} from '../../../storage/index.ts'
import type {StorageContext} from '../../../storage/index.ts'
import type {ConfigSection} from '../../guest-config.ts'
import type {Architecture, ArgumentsInput, HostFacts} from '../arguments/index.ts'
import {choosePciDevices, gatherPciFacts, hasHostPci} from '../host-devices/index.ts'
import {eventSocketPath, guestPaths} from '../runtime/sockets.ts'
import {pluggedCards, readBridgeMtus} from './bridges.ts'
import {parseCpuInfo} from './cpu-info.ts'
import {cpuModelsPath, parseCustomCpuModels} from './custom-cpu-models.ts'
import {cdromDevice, gatherDriveBackings} from './drive-backings.ts'
import {findEmulator} from './emulator.ts'
import {readEncryption} from './encryption.ts'
import {findFirmware} from './firmware.ts'
import {readHugePageSizesMib, readNumaNodeNumbers, readOnlineCpus} from './host-topology.ts'
import {resolveUsbMappings} from './usb-mappings.ts'

/** /proc/cpuinfo of a host with a thousand CPUs. */
const longestCpuInfo = 8 * 1024 * 1024

/** All that buildArguments wants to know about this guest on this host. Changes nothing but the note of QEMU's version. */
export async function gatherFacts(vmid: number, config: ConfigSection, context: StorageContext): Promise<ArgumentsInput> {
  const [host, drives, hostPci] = await Promise.all([
    gatherHostFacts(config.values, context),
    gatherDriveBackings(config.values, context),
    gatherHostPci(vmid, config.values, context),
  ])
  const paths = guestPaths(context.places, vmid)
  return {vmid, config, host, drives, hostPci, paths, eventSocket: eventSocketPath(context.places), spice: {kind: 'unix', path: paths.spice}}
}

async function gatherHostPci(vmid: number, values: Readonly<Record<string, string>>, context: StorageContext): Promise<ArgumentsInput['hostPci']> {
  if (!hasHostPci(values)) return {}
  return choosePciDevices(values, await gatherPciFacts(vmid, values, context))
}

export async function gatherHostFacts(values: Readonly<Record<string, string>>, context: StorageContext): Promise<HostFacts> {
  const {host} = context
  const hostArch: Architecture = process.arch === 'arm64' ? 'aarch64' : 'x86_64'
  const guestArch: Architecture = values['arch'] === 'aarch64' || values['arch'] === 'x86_64' ? values['arch'] : hostArch
  const [cpuText, emulator, kvm, vhostNet, hasIoUring, firmware, iscsiInitiator, customCpuModels, bridgeMtu, usbMappings, onlineCpus, numaNodes, hugePageSizesMib] = await Promise.all([
    host.files.readText('/proc/cpuinfo', longestCpuInfo),
    findEmulator(host, context.places, guestArch),
    host.files.stat('/dev/kvm'),
    host.files.stat('/dev/vhost-net'),
    readIoUring(host),
    values['bios'] === 'ovmf' ? findFirmware(host) : {},
    readIscsiInitiator(host),
    values['cpu']?.includes('custom-') === true ? readCustomCpuModels(context) : {},
    readBridgeMtus(host, pluggedCards(values).map(card => card.bridge)),
    resolveUsbMappings(values, context),
    values['affinity'] === undefined ? new Set<number>() : readOnlineCpus(host),
    values['hugepages'] === undefined ? [] : readNumaNodeNumbers(host),
    values['hugepages'] === undefined ? [] : readHugePageSizesMib(host),
  ])
  const cpu = parseCpuInfo(cpuText)
  return {
    arch: hostArch, cpuVendor: cpu.vendor, cpuCount: cpu.count, physAddressBits: cpu.physAddressBits, nestedFlag: cpu.nestedFlag,
    // A device without the CPU's feature is a leftover: guests hang on it.
    isKvmUsable: kvm?.kind === 'character' && (hostArch === 'aarch64' || cpu.nestedFlag !== undefined),
    hasVhostNet: vhostNet?.kind === 'character',
    hasIoUring, firmware, iscsiInitiator, customCpuModels, bridgeMtu, cdromDevice, usbMappings, onlineCpus, numaNodes, hugePageSizesMib,
    encryption: await readEncryption(values, emulator, host),
    emulators: emulator === undefined ? {} : {[guestArch]: emulator},
    bootSplash: undefined,
    support: supportFiles(),
  }
}

/** Files that come with Corral. */
function supportFiles(): HostFacts['support'] {
  const folder = supportFolder()
  return {
    q35: `${folder}qemu/pve-q35-4.0.cfg`, q35Before4: `${folder}qemu/pve-q35.cfg`, usb: `${folder}qemu/pve-usb.cfg`,
    tapUp: `${folder}pve-bridge`, tapDown: `${folder}pve-bridgedown`,
  }
}

/** The administrator may switch io_uring off for everyone (2); 1 still lets root use it. */
export async function readIoUring(host: Pick<Host, 'files'>): Promise<boolean> {
  const path = '/proc/sys/kernel/io_uring_disabled'
  if ((await host.files.stat(path)) === undefined) return true
  return (await host.files.readText(path, 64)).trim() !== '2'
}

async function readCustomCpuModels(context: Pick<StorageContext, 'store'>): Promise<HostFacts['customCpuModels']> {
  const file = await context.store.read(cpuModelsPath)
  return file === undefined ? {} : parseCustomCpuModels(file.data)
}
