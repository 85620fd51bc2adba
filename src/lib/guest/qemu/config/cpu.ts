// The processor keys of qm.conf: cpu, cores, sockets, vcpus, smp, numa, numa[n], and their reading.
import {InvalidInputError} from '../../../base/index.ts'
import type {Params, PropertyFormat, Values} from '../../../spec/index.ts'
import {reportedModels} from './cpu-models.ts'
import {readProperties, readWholeNumber} from '../../read-properties.ts'

/** Flags that the configuration of a guest may switch; anything else is for custom CPU models, which only an administrator writes. */
export const guestCpuFlags = [
  'nested-virt', 'md-clear', 'pcid', 'spec-ctrl', 'ssbd', 'ibpb', 'virt-ssbd', 'amd-ssbd', 'amd-no-ssb', 'pdpe1gb', 'hv-tlbflush', 'hv-evmcs', 'aes',
] as const

export const cpuFormat = {
  cputype: {
    type: 'string', pattern: '[a-zA-Z0-9._\\-]{1,60}', default: 'kvm64', defaultKey: true, optional: true,
    description: 'The CPU that the guest sees: a model of QEMU, `host`, `max`, one of x86-64-v2, x86-64-v2-AES, x86-64-v3, x86-64-v4, or `custom-NAME`.',
  },
  flags: {
    type: 'string', pattern: '[+\\-][a-zA-Z0-9_.\\-]{1,40}(?:;[+\\-][a-zA-Z0-9_.\\-]{1,40}){0,63}', optional: true, placeholder: '+FLAG[;-FLAG...]',
    description: `Features to switch on (+) or off (-), separated by semicolons, out of: ${guestCpuFlags.join(', ')}. \`nested-virt\` stands for vmx or svm.`,
  },
  'guest-phys-bits': {type: 'integer', minimum: 32, maximum: 64, optional: true, description: 'Physical address bits that the guest may use.'},
  hidden: {type: 'boolean', default: false, optional: true, description: 'Whether the guest is kept from seeing that it runs under KVM.'},
  'hv-vendor-id': {
    type: 'string', pattern: '[a-zA-Z0-9]{1,12}', optional: true, placeholder: 'vendor-id',
    description: 'The Hyper-V vendor that Windows guests see.',
  },
  'reported-model': {
    type: 'string', enum: reportedModels, default: 'kvm64', optional: true,
    description: 'The model of QEMU that a custom model stands on. It belongs into the custom model; here it has no effect.',
  },
  'phys-bits': {
    type: 'string', format: 'pve-phys-bits', optional: true, placeholder: '8-64|host',
    description: 'Physical address bits that the guest sees; `host` for those of the host\'s CPU.',
  },
} as const satisfies PropertyFormat

const numaFormat = {
  cpus: {
    type: 'string', pattern: '\\d+(?:-\\d+)?(?:;\\d+(?:-\\d+)?)*', placeholder: 'id[-id];...',
    description: 'The guest\'s CPUs that belong to this node.',
  },
  hostnodes: {
    type: 'string', pattern: '\\d+(?:-\\d+)?(?:;\\d+(?:-\\d+)?)*', optional: true, placeholder: 'id[-id];...',
    description: 'The nodes of the host that its memory comes from.',
  },
  memory: {type: 'number', minimum: 0, optional: true, description: 'The memory of this node in MiB.'},
  policy: {type: 'string', enum: ['bind', 'interleave', 'preferred'], optional: true, description: 'How memory is spread over the host\'s nodes.'},
} as const satisfies PropertyFormat

export const numaCount = 8

export const cpuParams = {
  affinity: {
    type: 'string', format: 'pve-cpuset', optional: true, placeholder: 'cpuset',
    description: 'The CPUs of the host that the guest runs on, such as 0,5,8-11.',
  },
  cpulimit: {
    type: 'number', minimum: 0, maximum: 128, default: 0, optional: true,
    description: 'How much processor time the guest may take, in CPUs of the host: 1.5 is one and a half; 0 sets no limit.',
  },
  cpuunits: {
    type: 'integer', minimum: 1, maximum: 262_144, optional: true, defaultText: '100, or 1024 with cgroups of version 1',
    description: 'The weight of the guest when the host\'s CPUs are busy, against the weights of the others.',
  },
  cpu: {type: 'string', optional: true, format: cpuFormat, description: 'The CPU that the guest sees.'},
  cores: {type: 'integer', minimum: 1, default: 1, optional: true, description: 'Cores in each socket.'},
  sockets: {type: 'integer', minimum: 1, default: 1, optional: true, description: 'Number of CPU sockets.'},
  smp: {type: 'integer', minimum: 1, default: 1, optional: true, description: 'The old name of `sockets`, read when that is not set.'},
  vcpus: {type: 'integer', minimum: 1, default: 0, optional: true, description: 'CPUs that are plugged in at the start; all of them when not set.'},
  numa: {type: 'boolean', default: false, optional: true, description: 'Whether the guest sees a NUMA node for each socket, or those given as numa[n].'},
  'numa[n]': {type: 'string', optional: true, format: numaFormat, index: {min: 0, max: numaCount - 1}, description: 'A NUMA node (n is 0 to 7).'},
} as const satisfies Params

export type CpuSettings = Values<typeof cpuFormat>

export function readCpu(text: string | undefined): CpuSettings {
  if (text === undefined) return {}
  const cpu = readProperties('cpu', text, cpuFormat)
  for (const flag of (cpu.flags ?? '').split(';').filter(word => word !== '')) {
    if (!(guestCpuFlags as readonly string[]).includes(flag.slice(1))) {
      throw new InvalidInputError(
        `the CPU flag '${flag}' cannot be set for a single guest; possible are ${guestCpuFlags.join(', ')}`,
        {'cpu.flags': `'${flag}' is not one of those allowed`},
      )
    }
  }
  return cpu
}

/** CPUs of the guest: `present` at the start, `maximum` in all. */
export interface CpuCount { readonly sockets: number; readonly cores: number; readonly maximum: number; readonly present: number }

/** @throws InvalidInputError when more CPUs are to be there than there are places */
export function readCpuCount(values: Readonly<Record<string, string>>): CpuCount {
  const sockets = readWholeNumber('sockets', values['sockets']) ?? readWholeNumber('smp', values['smp']) ?? 1
  const cores = readWholeNumber('cores', values['cores']) ?? 1
  const maximum = sockets * cores
  const present = readWholeNumber('vcpus', values['vcpus']) || maximum
  if (present > maximum) {
    throw new InvalidInputError(`'vcpus' is ${present}, but ${sockets} sockets with ${cores} cores each make ${maximum}`, {vcpus: `must be at most ${maximum}`})
  }
  return {sockets, cores, maximum, present}
}

export interface NumaNode {
  readonly id: number
  readonly cpus: readonly string[]
  readonly memoryMib: number | undefined
  readonly hostNodes: readonly string[] | undefined
  readonly policy: 'bind' | 'interleave' | 'preferred' | undefined
}

export function readNumaNodes(values: Readonly<Record<string, string>>): NumaNode[] {
  const nodes: NumaNode[] = []
  for (let id = 0; id < numaCount; id++) {
    const text = values[`numa${id}`]
    if (text === undefined) continue
    const node = readProperties(`numa${id}`, text, numaFormat)
    nodes.push({id, cpus: node.cpus.split(';'), memoryMib: node.memory, hostNodes: node.hostnodes?.split(';'), policy: node.policy})
  }
  return nodes
}

/** The numbers in a list such as `0,5,8-11`, each once, in order. */
export function readCpuSet(text: string): number[] {
  // As long as the format allows it to be given; each range may stand for very many.
  if (text.length > 4096) throw new InvalidInputError("'affinity' has more than 4096 characters", {affinity: 'must have at most 4096 characters'})
  const numbers = new Set<number>()
  for (const part of text.split(',')) {
    const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part.trim())
    if (match === null) throw new InvalidInputError(`'${part.slice(0, 40)}' is not a CPU number or a range of them`, {affinity: 'must be a list such as 0,5,8-11'})
    for (let number = Number(match[1]); number <= Number(match[2] ?? match[1]); number++) numbers.add(number)
  }
  return [...numbers].sort((a, b) => a - b)
}
