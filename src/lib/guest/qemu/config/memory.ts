// The memory keys of qm.conf: memory, balloon, shares, allow-ksm, ivshmem, and their reading.
import type {Params, PropertyFormat, Values} from '../../../spec/index.ts'
import {readProperties} from '../../read-properties.ts'

const memoryFormat = {
  current: {
    type: 'integer', minimum: 16, default: 512, defaultKey: true,
    description: 'Memory of the guest in MiB; with the balloon device the most that it can have.',
  },
} as const satisfies PropertyFormat

const ivshmemFormat = {
  size: {type: 'integer', minimum: 1, description: 'Size of the shared memory in MiB.'},
  name: {
    type: 'string', pattern: '[a-zA-Z0-9\\-]+', maxLength: 64, optional: true,
    description: 'Name of the file under /dev/shm, with `pve-shm-` before it; the VMID when not set.',
  },
} as const satisfies PropertyFormat

export const memoryParams = {
  memory: {type: 'string', optional: true, format: memoryFormat, description: 'Memory of the guest.'},
  balloon: {
    type: 'integer', minimum: 0, optional: true,
    description: 'Memory in MiB that the guest is left with when the host is short of it. 0 leaves the balloon device out.',
  },
  shares: {
    type: 'integer', minimum: 0, maximum: 50000, default: 1000, optional: true,
    description: 'Weight of the guest when memory is shared out among ballooning guests. 0 keeps it out of that.',
  },
  'allow-ksm': {type: 'boolean', default: true, optional: true, description: 'Whether the host may merge pages of this guest with equal ones of others.'},
  hugepages: {
    type: 'string', enum: ['1024', '2', 'any'], optional: true,
    description: 'Whether the memory is made of huge pages: of 2 MiB, of 1024 MiB, or of the largest that fit (any). They are reserved at the start. Needs numa.',
  },
  keephugepages: {type: 'boolean', default: false, optional: true, description: 'Whether the huge pages stay reserved after the guest has ended.'},
  ivshmem: {type: 'string', optional: true, format: ivshmemFormat, description: 'Memory shared with other guests and with the host.'},
} as const satisfies Params

/** Memory in MiB; 512 when not set. */
export function readMemoryMib(text: string | undefined): number {
  return text === undefined ? memoryFormat.current.default : readProperties('memory', text, memoryFormat).current ?? memoryFormat.current.default
}

export function readIvshmem(text: string | undefined): Values<typeof ivshmemFormat> | undefined {
  return text === undefined ? undefined : readProperties('ivshmem', text, ivshmemFormat)
}
