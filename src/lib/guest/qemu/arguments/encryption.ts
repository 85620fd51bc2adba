// Guests whose memory the host cannot read: AMD's SEV and Intel's TDX.
import {InvalidInputError, UnsupportedError} from '../../../base/index.ts'
import {readSev, readTdx} from '../config/index.ts'
import type {SevSettings} from '../config/index.ts'
import type {Guest} from './guest.ts'
import {binaryVersion, isAtLeast} from './machine-version.ts'
import {jsonText, optionText} from './option-text.ts'

/** The kind of encryption, which decides on the firmware. */
export type Encryption = 'sev' | 'sev-snp' | 'tdx'

export function encryptionOf(values: Readonly<Record<string, string>>): Encryption | undefined {
  const sev = readSev(values['amd-sev'])
  if (sev !== undefined && values['intel-tdx'] !== undefined) {
    throw new InvalidInputError('a guest has either amd-sev or intel-tdx', {'intel-tdx': 'does not go with amd-sev'})
  }
  if (sev !== undefined) return sev.type === 'snp' ? 'sev-snp' : 'sev'
  return readTdx(values['intel-tdx']) === undefined ? undefined : 'tdx'
}

export interface EncryptionArguments { readonly argv: readonly string[]; readonly machineFlags: readonly string[] }

/** @throws UnsupportedError when the host or its QEMU cannot encrypt memory that way, InvalidInputError for a guest that cannot be encrypted */
export function encryptionArguments(guest: Guest): EncryptionArguments {
  const encryption = encryptionOf(guest.values)
  if (encryption === undefined) return {argv: [], machineFlags: []}
  const key = encryption === 'tdx' ? 'intel-tdx' : 'amd-sev'
  if (guest.values['bios'] !== 'ovmf') throw new InvalidInputError(`'${key}' needs bios=ovmf`, {bios: `must be ovmf for ${key}`})
  if (!guest.usesKvm) throw new InvalidInputError(`'${key}' needs KVM, which kvm: 0 switches off`, {kvm: `must be 1 for ${key}`})
  return encryption === 'tdx' ? tdxArguments(guest) : sevArguments(guest, readSev(guest.values['amd-sev']))
}

function sevArguments(guest: Guest, sev: SevSettings | undefined): EncryptionArguments {
  if (sev === undefined) return {argv: [], machineFlags: []}
  const facts = guest.input.host.encryption.sev
  const names = {std: 'SEV', es: 'SEV-ES', snp: 'SEV-SNP'} as const
  if (facts === undefined || (sev.type === 'es' && !facts.hasEs) || (sev.type === 'snp' && !facts.hasSnp)) {
    throw new UnsupportedError(`'amd-sev' asks for ${names[sev.type]}, which is not enabled on this host`, {
      data: {key: 'amd-sev'},
      nextSteps: [
        'It needs an AMD EPYC processor with SEV switched on in the firmware of the host (SMEE, and for SNP also SEV-SNP support).',
        `Look: ls -l /dev/sev; cat /sys/module/kvm_amd/parameters/sev${sev.type === 'std' ? '' : `_${sev.type}`}`,
        `Or start the guest unprotected: qm set ${guest.input.vmid} --delete amd-sev`,
      ],
    })
  }
  if (sev.type === 'snp') requireQemu(guest, 'amd-sev', 'SEV-SNP', 9, 1)
  const common = {id: 'sev0', cbitpos: facts.cbitpos, 'reduced-phys-bits': facts.reducedPhysBits}
  const hashes = {'kernel-hashes': sev['kernel-hashes'] === true ? true : undefined}
  const object = sev.type === 'snp'
    ? optionText('sev-snp-guest', {...common, policy: `0x${snpPolicy(sev).toString(16)}`, ...hashes})
    : optionText('sev-guest', {...common, policy: `0x${sevPolicy(sev).toString(16)}`, ...hashes})
  return {argv: ['-object', object], machineFlags: ['confidential-guest-support=sev0']}
}

/** Bits of AMD's SEV API: no debugging, no key sharing, encrypted registers, not to be sent to another platform (always). */
function sevPolicy(sev: SevSettings): number {
  return (sev['no-debug'] === true ? 1 : 0) | (sev['no-key-sharing'] === true ? 2 : 0) | (sev.type === 'es' ? 4 : 0) | 8
}

/** Bits of AMD's SNP firmware ABI: 16 multithreading allowed, 17 always set, 19 debugging allowed. */
function snpPolicy(sev: SevSettings): number {
  return (sev['allow-smt'] === false ? 0 : 1 << 16) | (1 << 17) | (sev['no-debug'] === true ? 0 : 1 << 19)
}

function tdxArguments(guest: Guest): EncryptionArguments {
  const tdx = readTdx(guest.values['intel-tdx'])
  if (!guest.input.host.encryption.hasTdx) {
    throw new UnsupportedError('\'intel-tdx\' is not enabled on this host', {
      data: {key: 'intel-tdx'},
      nextSteps: [
        'It needs an Intel processor with TDX switched on in the firmware of the host, and a kernel that has it on: kvm_intel.tdx=1.',
        'Look: cat /sys/module/kvm_intel/parameters/tdx',
        `Or start the guest unprotected: qm set ${guest.input.vmid} --delete intel-tdx`,
      ],
    })
  }
  requireQemu(guest, 'intel-tdx', 'TDX', 10, 1)
  const socket = {type: 'vsock', cid: String(tdx?.['vsock-cid'] ?? 2), port: String(tdx?.['vsock-port'] ?? 4050)}
  const object = {'qom-type': 'tdx-guest', id: 'tdx0', ...(tdx?.attestation === false ? {} : {'quote-generation-socket': socket})}
  return {argv: ['-object', jsonText(object)], machineFlags: ['kernel-irqchip=split', 'confidential-guest-support=tdx0']}
}

function requireQemu(guest: Guest, key: string, what: string, major: number, minor: number): void {
  if (isAtLeast(binaryVersion(guest.emulator.version), major, minor)) return
  throw new UnsupportedError(`'${key}' asks for ${what}, which QEMU ${guest.emulator.version} cannot do; it came with ${major}.${minor}`, {
    data: {key}, nextSteps: ['Install a newer QEMU.'],
  })
}
