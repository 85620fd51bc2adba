// The CPU models that a guest may have: those of QEMU with their vendors, and the x86-64 levels, which are sets of features on top of
// a plain model.
import {InvalidInputError} from '../../../base/index.ts'
import {didYouMean} from '../../../spec/index.ts'

const intel = [
  '486', 'pentium', 'pentium2', 'pentium3', 'coreduo', 'core2duo', 'Conroe', 'Penryn', 'Nehalem', 'Nehalem-IBRS', 'Westmere', 'Westmere-IBRS',
  'SandyBridge', 'SandyBridge-IBRS', 'IvyBridge', 'IvyBridge-IBRS', 'Haswell', 'Haswell-IBRS', 'Haswell-noTSX', 'Haswell-noTSX-IBRS', 'Broadwell',
  'Broadwell-IBRS', 'Broadwell-noTSX', 'Broadwell-noTSX-IBRS', 'Skylake-Client', 'Skylake-Client-IBRS', 'Skylake-Client-noTSX-IBRS', 'Skylake-Client-v4',
  'Skylake-Server', 'Skylake-Server-IBRS', 'Skylake-Server-noTSX-IBRS', 'Skylake-Server-v4', 'Skylake-Server-v5', 'Cascadelake-Server',
  'Cascadelake-Server-v2', 'Cascadelake-Server-noTSX', 'Cascadelake-Server-v4', 'Cascadelake-Server-v5', 'Cooperlake', 'Cooperlake-v2', 'KnightsMill',
  'Icelake-Client', 'Icelake-Client-noTSX', 'Icelake-Server', 'Icelake-Server-noTSX', 'Icelake-Server-v3', 'Icelake-Server-v4', 'Icelake-Server-v5',
  'Icelake-Server-v6', 'Icelake-Server-v7', 'SapphireRapids', 'SapphireRapids-v2', 'SapphireRapids-v3', 'SapphireRapids-v4', 'GraniteRapids',
  'GraniteRapids-v2', 'GraniteRapids-v3', 'SierraForest', 'SierraForest-v2', 'SierraForest-v3', 'ClearwaterForest',
]
const amd = [
  'athlon', 'phenom', 'Opteron_G1', 'Opteron_G2', 'Opteron_G3', 'Opteron_G4', 'Opteron_G5', 'EPYC', 'EPYC-IBPB', 'EPYC-v3', 'EPYC-v4', 'EPYC-v5',
  'EPYC-Rome', 'EPYC-Rome-v2', 'EPYC-Rome-v3', 'EPYC-Rome-v4', 'EPYC-Rome-v5', 'EPYC-Milan', 'EPYC-Milan-v2', 'EPYC-Milan-v3', 'EPYC-Genoa',
  'EPYC-Genoa-v2', 'EPYC-Turin',
]
/** These take the vendor of the host. */
const generic = ['host', 'kvm32', 'kvm64', 'qemu32', 'qemu64', 'max']
const arm = [
  'a64fx', 'cortex-a35', 'cortex-a53', 'cortex-a55', 'cortex-a57', 'cortex-a710', 'cortex-a72', 'cortex-a76', 'neoverse-n1', 'neoverse-n2', 'neoverse-v1',
]

/** Every model of QEMU that a custom model may stand on, by name. */
export const reportedModels: readonly string[] = [...intel, ...amd, ...generic, ...arm].sort()

export type CpuVendor = 'GenuineIntel' | 'AuthenticAMD' | 'host' | 'none'

const vendors: ReadonlyMap<string, CpuVendor> = new Map([
  ...intel.map(model => [model, 'GenuineIntel'] as const),
  ...amd.map(model => [model, 'AuthenticAMD'] as const),
  ...arm.map(model => [model, 'none'] as const),
  ...generic.map(model => [model, 'host'] as const),
])

/** Whose CPU a model of QEMU is; undefined when there is no such model. */
export function cpuVendor(model: string): CpuVendor | undefined {
  return vendors.get(model)
}

const level2 = '+popcnt;+pni;+sse4.1;+sse4.2;+ssse3'
const level3 = `+aes;${level2};+avx;+avx2;+bmi1;+bmi2;+f16c;+fma;+abm;+movbe;+xsave`

/** The feature levels of the x86-64 ABI. */
export const cpuLevels: Readonly<Record<string, {readonly model: string; readonly flags: string}>> = {
  'x86-64-v2': {model: 'qemu64', flags: level2},
  'x86-64-v2-AES': {model: 'qemu64', flags: `+aes;${level2}`},
  'x86-64-v3': {model: 'qemu64', flags: level3},
  'x86-64-v4': {model: 'qemu64', flags: `${level3};+avx512f;+avx512bw;+avx512cd;+avx512dq;+avx512vl`},
}

/** Client models of Icelake never existed as hardware; QEMU dropped them with 7.1. */
export const replacedModels: Readonly<Record<string, string>> = {'Icelake-Client': 'Icelake-Server', 'Icelake-Client-noTSX': 'Icelake-Server-noTSX'}

const models32Bit = new Set(['486', 'pentium', 'pentium2', 'pentium3', 'coreduo', 'athlon', 'kvm32', 'qemu32'])

export function is32Bit(model: string): boolean {
  return models32Bit.has(model)
}

/** The model of QEMU for one of its names. @throws InvalidInputError when there is none */
export function knownModel(name: string): string {
  const model = replacedModels[name] ?? name
  if (cpuVendor(model) === undefined) {
    throw new InvalidInputError(
      `there is no CPU model '${name}'${didYouMean(name, [...vendors.keys(), ...Object.keys(cpuLevels)]) || '; a custom one is written custom-NAME'}`,
      {cpu: `'${name}' is not a CPU model`},
    )
  }
  return model
}

/**
 * Whether a configuration may name it: a model of QEMU, a level, or a custom model, which need not be there before a start.
 * @throws InvalidInputError
 */
export function checkCpuType(name: string): void {
  if (!name.startsWith('custom-') && !Object.hasOwn(cpuLevels, name)) knownModel(name)
}
