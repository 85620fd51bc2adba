// The keys of pct.conf that say how much of the host the container may use.
import type {Params} from '../../../spec/index.ts'

export const resourceParams = {
  cores: {type: 'integer', minimum: 1, maximum: 8192, optional: true, description: 'How many processors the container sees. All of the host without it.'},
  cpulimit: {type: 'number', minimum: 0, maximum: 8192, default: 0, optional: true, description: 'Processor time at most, in whole processors; 0 for no limit.'},
  cpuunits: {
    type: 'integer', minimum: 0, maximum: 500000, optional: true, defaultText: '100 with control groups of version 2, else 1024',
    description: 'The share of processor time compared with other guests.',
  },
  memory: {type: 'integer', minimum: 16, default: 512, optional: true, placeholder: 'MiB', description: 'Memory in MiB.'},
  swap: {type: 'integer', minimum: 0, default: 512, optional: true, placeholder: 'MiB', description: 'Swap space in MiB, beside the memory.'},
} as const satisfies Params
