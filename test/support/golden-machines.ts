// The machines of test/golden/qemu-arguments, and the host that their arguments are built for: everything that would be looked up is
// fixed here, so that the same configuration gives the same arguments on every machine.
import fs from 'node:fs'
import path from 'node:path'
import {fileURLToPath} from 'node:url'
import {systemClock} from '../../src/lib/base/index.ts'
import type {ConfigSection} from '../../src/lib/guest/guest-config.ts'
import type {ArgumentsInput, DriveBacking, HostFacts} from '../../src/lib/guest/qemu/arguments/index.ts'
import {driveKeys, parseQemuConfig, readDrive} from '../../src/lib/guest/qemu/config/index.ts'
import {volumeBacking} from '../../src/lib/guest/qemu/facts/index.ts'
import {choosePciDevices} from '../../src/lib/guest/qemu/host-devices/index.ts'
import {guestPaths} from '../../src/lib/guest/qemu/runtime/sockets.ts'
import {fakeHost} from '../../src/lib/host/fake/index.ts'
import {parseVolumeId} from '../../src/lib/storage/index.ts'
import {loadStoragePlugin} from '../../src/lib/storage/plugins.ts'

export const goldenFolder = fileURLToPath(new URL('../golden/qemu-arguments/', import.meta.url))
export const goldenVersions = {'argv-7.2': '7.2.22', 'argv-10': '10.0.8'} as const
export const goldenVmid = 100

export function goldenNames(): string[] {
  return fs.readdirSync(goldenFolder, {withFileTypes: true}).filter(entry => entry.isDirectory()).map(entry => entry.name).sort()
}

export function goldenConfig(name: string): ConfigSection {
  return parseQemuConfig(fs.readFileSync(path.join(goldenFolder, name, 'config'), 'utf8')).current
}

/** A storage with an ordinary path, and one whose path has the characters that separate QEMU's options. */
const storagePaths: Readonly<Record<string, string>> = {local: '/var/lib/vz', odd: '/srv/a,b=c'}

/** Where the drives' data would be on that host. */
export async function goldenDrives(values: Readonly<Record<string, string>>): Promise<Record<string, DriveBacking>> {
  const plugin = await loadStoragePlugin('dir')
  const backings: Record<string, DriveBacking> = {}
  for (const key of [...driveKeys, 'efidisk0']) {
    const text = values[key]
    if (text === undefined) continue
    const drive = readDrive(key, text)
    if (drive.file === 'none') continue
    const id = parseVolumeId(drive.file)
    const storage = plugin.open({type: 'dir', storage: id.storage, path: storagePaths[id.storage], content: 'images,iso'}, fakeHost(), systemClock)
    backings[key] = volumeBacking(drive, id, storage)
  }
  return backings
}

const libexec = '/usr/lib/corral/libexec'

export function goldenHost(version: string): HostFacts {
  const firmware = (code: string, vars: string, varsSizeBytes: number) => ({code: `/usr/share/OVMF/${code}`, vars: `/usr/share/OVMF/${vars}`, varsSizeBytes})
  return {
    arch: 'x86_64', cpuVendor: 'GenuineIntel', cpuCount: 16, physAddressBits: 46, nestedFlag: 'vmx', isKvmUsable: true, hasVhostNet: true, hasIoUring: true,
    emulators: {x86_64: {binary: '/usr/bin/qemu-system-x86_64', version}},
    firmware: {
      '2m': firmware('OVMF_CODE.fd', 'OVMF_VARS.fd', 131_072), '4m': firmware('OVMF_CODE_4M.fd', 'OVMF_VARS_4M.fd', 540_672),
      '4m-smm': firmware('OVMF_CODE_4M.secboot.fd', 'OVMF_VARS_4M.fd', 540_672),
      sev: firmware('OVMF_CODE_4M.fd', 'OVMF_VARS_4M.fd', 540_672), 'sev-snp': '/usr/share/ovmf/OVMF.fd', tdx: '/usr/share/ovmf/OVMF.inteltdx.fd',
    },
    iscsiInitiator: 'iqn.1993-08.org.debian:01:aabbccddeeff',
    bootSplash: undefined, cdromDevice: '/dev/cdrom',
    support: {
      q35: `${libexec}/qemu/pve-q35-4.0.cfg`, q35Before4: `${libexec}/qemu/pve-q35.cfg`, usb: `${libexec}/qemu/pve-usb.cfg`,
      tapUp: `${libexec}/pve-bridge`, tapDown: `${libexec}/pve-bridgedown`,
    },
    customCpuModels: {},
    bridgeMtu: {vmbr0: 1500, vxlan0: 1450},
    usbMappings: {stick: {kind: 'id', vendor: '0951', product: '1666'}},
    onlineCpus: new Set(Array.from({length: 16}, (_, number) => number)), numaNodes: [0, 1], hugePageSizesMib: [2, 1024],
    encryption: {sev: {cbitpos: 51, reducedPhysBits: 1, hasEs: true, hasSnp: true}, hasTdx: true},
  }
}

/** The host's PCI devices: a graphics card with its sound, a network card with two ports and a virtual function. */
const pciDevices = ['0000:00:02.0', '0000:01:00.0', '0000:01:00.1', '0000:41:00.0', '0000:41:00.1', '0000:41:10.0'].map(address => ({
  address, vendor: undefined, device: undefined, iommuGroup: undefined,
}))

export function goldenHostPci(values: Readonly<Record<string, string>>): ArgumentsInput['hostPci'] {
  return choosePciDevices(values, {node: 'h1', vmid: goldenVmid, devices: pciDevices, mappings: [], taken: new Map()})
}

export async function goldenInput(name: string, version: string): Promise<ArgumentsInput> {
  const config = goldenConfig(name)
  const places = {stateDir: '/var/lib/corral', runDir: '/run/corral', logDir: '/var/log/corral', root: undefined}
  const paths = guestPaths(places, goldenVmid)
  return {
    vmid: goldenVmid, config, host: goldenHost(version), drives: await goldenDrives(config.values), hostPci: goldenHostPci(config.values), paths,
    eventSocket: '/run/corral/qmeventd.sock', spice: {kind: 'unix', path: `${paths.dir}/${goldenVmid}.spice`},
  }
}

/** An argument a line, a flag together with its value, so that a diff shows the device that changed. */
export function formatArgv(argv: readonly string[]): string {
  const lines: string[] = []
  for (const word of argv) {
    const previous = lines.at(-1)
    const isValue = !word.startsWith('-') && previous !== undefined && previous.startsWith('-') && !previous.includes(' ')
    if (isValue) lines[lines.length - 1] = `${previous} ${word}`
    else lines.push(word)
  }
  return lines.map(line => `${line}\n`).join('')
}
