// The keys of qm.conf for guests whose memory the host cannot read: amd-sev, intel-tdx.
import type {Params, PropertyFormat, Values} from '../../../spec/index.ts'
import {readProperties} from '../../read-properties.ts'

const sevFormat = {
  type: {
    type: 'string', enum: ['es', 'snp', 'std'], maxLength: 3, defaultKey: true, placeholder: 'sev-type',
    description: 'SEV (std), SEV-ES with encrypted registers, or SEV-SNP with protected integrity.',
  },
  'allow-smt': {type: 'boolean', default: true, optional: true, description: 'Whether the guest runs on a host with simultaneous multithreading (SEV-SNP).'},
  'kernel-hashes': {type: 'boolean', default: false, optional: true, description: 'Whether the firmware checks the kernel that QEMU was given.'},
  'no-debug': {type: 'boolean', default: false, optional: true, description: 'Whether the host is kept from debugging the guest.'},
  'no-key-sharing': {type: 'boolean', default: false, optional: true, description: 'Whether the guest\'s key is kept from other guests (not with SEV-SNP).'},
} as const satisfies PropertyFormat

const tdxFormat = {
  type: {type: 'string', enum: ['tdx'], defaultKey: true, placeholder: 'tdx-type', description: 'The kind of trust domain.'},
  attestation: {type: 'boolean', default: true, optional: true, description: 'Whether the guest can have itself attested by a quote generation service.'},
  'vsock-cid': {type: 'integer', minimum: 2, default: 2, optional: true, description: 'The vsock address of the quote generation service; 2 is the host.'},
  'vsock-port': {type: 'integer', minimum: 0, default: 4050, optional: true, description: 'The vsock port of the quote generation service.'},
} as const satisfies PropertyFormat

export const encryptionParams = {
  'amd-sev': {type: 'string', optional: true, format: sevFormat, description: 'Secure Encrypted Virtualization of AMD\'s CPUs. Needs bios=ovmf.'},
  'intel-tdx': {type: 'string', optional: true, format: tdxFormat, description: 'Trust Domain Extensions of Intel\'s CPUs. Needs q35 and bios=ovmf.'},
} as const satisfies Params

export type SevSettings = Values<typeof sevFormat>
export type TdxSettings = Values<typeof tdxFormat>

export function readSev(text: string | undefined): SevSettings | undefined {
  return text === undefined ? undefined : readProperties('amd-sev', text, sevFormat)
}

export function readTdx(text: string | undefined): TdxSettings | undefined {
  return text === undefined ? undefined : readProperties('intel-tdx', text, tdxFormat)
}
