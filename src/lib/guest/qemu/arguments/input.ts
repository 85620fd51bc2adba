// What the argument builder is told: the configuration, and facts about the host as data. Nothing in this folder looks anything up.
import type {BlockSource, Content} from '../../../storage/index.ts'
import type {ConfigSection} from '../../guest-config.ts'
import type {UsbDevice} from '../config/index.ts'
import type {ChosenPci} from '../host-devices/index.ts'
import type {GuestPaths} from '../runtime/sockets.ts'

export type Architecture = 'x86_64' | 'aarch64'

/** What is true of the host, whichever guest is asked about. Gathered by facts/. */
export interface HostFacts {
  readonly arch: Architecture
  readonly cpuVendor: string
  readonly cpuCount: number
  /** Physical address bits of the host's CPU; undefined when /proc/cpuinfo does not say. */
  readonly physAddressBits: number | undefined
  /** The CPU feature that nested virtualisation needs, when the host has it. */
  readonly nestedFlag: 'vmx' | 'svm' | undefined
  readonly isKvmUsable: boolean
  readonly hasVhostNet: boolean
  readonly hasIoUring: boolean
  /** The emulators that are installed, by the architecture they emulate. */
  readonly emulators: {readonly [arch in Architecture]?: Emulator}
  readonly firmware: FirmwareFiles
  /** The name under which the host logs in to iSCSI targets. */
  readonly iscsiInitiator: string | undefined
  /** A picture for the boot menu of the firmware. */
  readonly bootSplash: string | undefined
  /** The host's own CD-ROM drive. */
  readonly cdromDevice: string
  /** Files of ours that QEMU reads (-readconfig) or runs (tap scripts). */
  readonly support: SupportFiles
  /** CPU models that the administrator defined (virtual-guest/cpu-models.conf). */
  readonly customCpuModels: Readonly<Record<string, CustomCpuModel>>
  /** The MTU of each bridge that is there. */
  readonly bridgeMtu: Readonly<Record<string, number>>
  /** What this host's entries of mapping/usb.cfg stand for. */
  readonly usbMappings: Readonly<Record<string, MappedUsbDevice>>
  /** The CPUs that are switched on, by number; looked up for `affinity`. */
  readonly onlineCpus: ReadonlySet<number>
  /** NUMA nodes and sizes of huge pages in MiB; looked up for `hugepages`. */
  readonly numaNodes: readonly number[]
  readonly hugePageSizesMib: readonly number[]
  readonly encryption: EncryptionFacts
}

export type MappedUsbDevice = Extract<UsbDevice['host'], {readonly kind: 'id' | 'port'}>

/** How the host's CPU encrypts the memory of guests. */
export interface EncryptionFacts {
  /** AMD's SEV; undefined when the host has none. The numbers are the CPU's (CPUID 0x8000001f). */
  readonly sev: {readonly cbitpos: number; readonly reducedPhysBits: number; readonly hasEs: boolean; readonly hasSnp: boolean} | undefined
  /** Intel's TDX. */
  readonly hasTdx: boolean
}

export interface Emulator {
  readonly binary: string
  /** `7.2.22`, as the binary reports it. */
  readonly version: string
}

export interface SupportFiles {
  /** Controllers, ports and bridges of q35 boards, for machine versions since 4.0 and before. */
  readonly q35: string
  readonly q35Before4: string
  /** The USB 2 controller of old i440fx boards. */
  readonly usb: string
  readonly tapUp: string
  readonly tapDown: string
}

/**
 * Variants of OVMF: by the size class of its variables, with System Management Mode (for Secure Boot), for ARM, for memory encrypted by SEV.
 * The firmware of `sev-snp` and `tdx` is measured as a whole and has no file for variables.
 */
export type FirmwareName = '2m' | '4m' | '4m-smm' | 'arm' | 'sev'
export type UnifiedFirmwareName = 'sev-snp' | 'tdx'
export interface FirmwareFile { readonly code: string; readonly vars: string; readonly varsSizeBytes: number }
export type FirmwareFiles = {readonly [name in FirmwareName]?: FirmwareFile} & {readonly [name in UnifiedFirmwareName]?: string}

export interface CustomCpuModel {
  readonly 'reported-model'?: string
  readonly flags?: string
  readonly hidden?: boolean
  readonly 'hv-vendor-id'?: string
  readonly 'phys-bits'?: string
  readonly 'guest-phys-bits'?: number
}

/** Where a drive's data is. For `none` there is no entry. */
export interface DriveBacking {
  readonly source: BlockSource
  /** What the storage says about the volume, or undefined for a path outside of all storages. */
  readonly storage?: {readonly type: string; readonly content: Content; readonly options: Readonly<Record<string, unknown>>}
  /** An image from elsewhere, as blockdev-add takes it, of which the volume, a qcow2 image, has not everything yet. */
  readonly below?: Readonly<Record<string, unknown>> & {readonly driver: string}
  /** The kind of a SCSI device of the host (0 a disk, 1 a tape), when the path is one. */
  readonly scsiType?: number | undefined
}

/** How SPICE viewers reach the guest: a unix socket of ours, or TLS on a port with a certificate that QEMU finds itself. */
export type SpiceAccess = {readonly kind: 'unix'; readonly path: string} | {readonly kind: 'tls'; readonly address: string; readonly port: number}

export interface ArgumentsInput {
  readonly vmid: number
  readonly config: ConfigSection
  readonly host: HostFacts
  /** By hostpci key: what is handed over. */
  readonly hostPci: Readonly<Record<string, ChosenPci>>
  /** By drive key. */
  readonly drives: Readonly<Record<string, DriveBacking>>
  readonly paths: Pick<GuestPaths, 'firmware' | 'dir' | 'pid' | 'qmp' | 'qga' | 'vnc' | 'serial0' | 'serial1' | 'serial2' | 'serial3' | 'swtpm' | 'virtiofs'>
  /** Where qmeventd listens. */
  readonly eventSocket: string
  readonly spice: SpiceAccess
}

/** A tap device that the network script plugs into a bridge. */
export interface Tap { readonly key: string; readonly name: string; readonly bridge: string }

export interface QemuArguments {
  /** The binary first. */
  readonly argv: readonly string[]
  /** Sentences for the task log: what was asked for and has no effect. */
  readonly warnings: readonly string[]
  /** The machine type as it stands in argv. */
  readonly machine: string
  readonly usesKvm: boolean
  readonly taps: readonly Tap[]
  /** Cards whose link is taken down through QMP (`set_link`) before the guest runs. */
  readonly linksDown: readonly string[]
  /** Files to be copied before the start: firmware variables that nobody keeps. */
  readonly temporaryFiles: readonly {readonly from: string; readonly to: string}[]
}
