// The -cpu argument: a model and its features. Features come from several places, each of which overrides those before it: what any
// guest of this kind needs, Hyper-V's enlightenments for Windows, the model's level, a custom model, the configuration, and last what
// KVM needs.
import {InvalidInputError} from '../../../base/index.ts'
import {cpuLevels, cpuVendor, is32Bit, knownModel, readCpu} from '../config/index.ts'
import type {CpuSettings} from '../config/index.ts'
import {hasOwnGraphics} from './guest.ts'
import type {Guest} from './guest.ts'
import type {CustomCpuModel} from './input.ts'
import {binaryVersion, isAtLeast} from './machine-version.ts'

interface Feature { readonly sign: '+' | '-' | ''; readonly value?: string; readonly origin: string }
type Features = ReadonlyMap<string, Feature>

interface CpuModel {
  /** The model of QEMU. */
  readonly model: string
  readonly levelFlags: string
  readonly custom: CustomCpuModel | undefined
  readonly settings: CpuSettings
}

/** The model of QEMU that the guest's CPUs are. */
export function reportedModel(guest: Guest): string {
  return resolveModel(guest).model
}

export function cpuArguments(guest: Guest): string[] {
  const cpu = resolveModel(guest)
  if (cpu.settings['reported-model'] !== undefined) guest.warn("'reported-model' of 'cpu' has no effect: it belongs into a custom CPU model")
  if (cpu.model === 'host' && !guest.usesKvm) {
    throw new InvalidInputError(
      'the CPU \'host\' needs KVM; use \'max\' where the processor is emulated',
      {cpu: 'needs KVM'},
    )
  }
  if (guest.values['bios'] === 'ovmf' && is32Bit(cpu.model)) {
    throw new InvalidInputError(
      `OVMF needs a 64-bit CPU, and '${cpu.model}' has 32 bits`,
      {cpu: 'has 32 bits'},
    )
  }
  const features = mergeFeatures(guest, [
    generalFeatures(guest, cpu),
    hyperVFeatures(guest, cpu),
    readFeatures(cpu.levelFlags, 'of the CPU level'),
    readFeatures(cpu.custom?.flags ?? '', 'of the custom CPU model'),
    readFeatures(cpu.settings.flags ?? '', 'set for this guest'),
    forcedFeatures(guest, cpu),
  ])
  const words = [...features].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, feature]) => featureText(name, feature))
  return ['-cpu', [cpu.model, ...words, ...addressBits(cpu)].join(',')]
}

/** @throws InvalidInputError for a model that does not exist */
function resolveModel(guest: Guest): CpuModel {
  const settings = readCpu(guest.values['cpu'])
  const name = settings.cputype ?? (guest.arch === 'aarch64' ? 'max' : guest.usesKvm ? 'kvm64' : 'qemu64')
  if (name.startsWith('custom-')) {
    const custom = Object.entries(guest.input.host.customCpuModels).find(([known]) => known === name.slice('custom-'.length))?.[1]
    if (custom === undefined) {
      throw new InvalidInputError(
        `there is no custom CPU model '${name.slice('custom-'.length)}' in virtual-guest/cpu-models.conf`,
        {cpu: `'${name}' does not exist`},
      )
    }
    return {model: knownModel(custom['reported-model'] ?? 'kvm64'), levelFlags: '', custom, settings}
  }
  const level = Object.entries(cpuLevels).find(([known]) => known === name)?.[1]
  return {model: knownModel(level?.model ?? name), levelFlags: level?.flags ?? '', custom: undefined, settings}
}

function generalFeatures(guest: Guest, {model}: CpuModel): Features {
  const features = new Map<string, Feature>()
  const isX86 = guest.arch === 'x86_64'
  if (model === 'kvm64' && isX86) features.set('lahf_lm', {sign: '+', origin: 'always, for Windows 8.1 and later'})
  if (model === 'kvm64' || model === 'kvm32') features.set('sep', {sign: '+', origin: 'always, for Windows XP and later'})
  if (guest.values['ostype'] === 'solaris') features.set('x2apic', {sign: '-', origin: 'always, as Solaris cannot use it'})
  if (model.startsWith('Opteron')) features.set('rdtscp', {sign: '-', origin: 'always, as it is broken on Opterons'})
  if (guest.usesKvm && isX86 && isAtLeast(guest.machine.version, 2, 3)) {
    features.set('kvm_pv_unhalt', {sign: '+', origin: 'always, for Linux\' spinlocks'})
    features.set('kvm_pv_eoi', {sign: '+', origin: 'always, for Linux\' interrupts'})
  }
  // Windows 11 cannot deal with control-flow enforcement, which QEMU passes on since 11.0; older ones do not know its name.
  if (guest.windows >= 11 && guest.usesKvm && isAtLeast(binaryVersion(guest.emulator.version), 11, 0)) {
    for (const name of ['cet-ibt', 'cet-ss']) features.set(name, {sign: '-', origin: 'always, as Windows 11 cannot use it'})
  }
  return features
}

/** What makes Windows run well in a virtual machine. Vista under OVMF cannot take it. */
function hyperVFeatures(guest: Guest, cpu: CpuModel): Features {
  const features = new Map<string, Feature>()
  const {windows, machine} = guest
  if (!guest.usesKvm || windows < 6 || (guest.values['bios'] === 'ovmf' && windows < 8)) return features
  const set = (name: string, value?: string) => features.set(name, {sign: '', origin: 'for Windows', ...(value === undefined ? {} : {value})})
  // Graphics drivers for Windows refuse to work where they see Hyper-V's own vendor.
  const vendor = cpu.settings['hv-vendor-id'] ?? cpu.custom?.['hv-vendor-id'] ?? (hasOwnGraphics(guest.values) ? 'proxmox' : undefined)
  if (vendor !== undefined) set('hv_vendor_id', vendor)
  if (isAtLeast(machine.version, 2, 3)) {
    set('hv_spinlocks', '0x1fff')
    set('hv_vapic')
    set('hv_time')
  } else {
    set('hv_spinlocks', '0xffff')
  }
  if (isAtLeast(machine.version, 2, 6)) for (const name of ['hv_reset', 'hv_vpindex', 'hv_runtime']) set(name)
  if (windows < 7) return features
  set('hv_relaxed')
  if (isAtLeast(machine.version, 2, 12)) for (const name of ['hv_synic', 'hv_stimer']) set(name)
  if (isAtLeast(machine.version, 3, 1)) set('hv_ipi')
  const isIntelHost = cpu.model === 'host' && guest.input.host.cpuVendor === 'GenuineIntel'
  if (windows >= 10 && isIntelHost && isAtLeast(machine.version, 11, 0, 2)) set('hv_evmcs')
  return features
}

function forcedFeatures(guest: Guest, cpu: CpuModel): Features {
  const features = new Map<string, Feature>()
  if (cpu.model !== 'host' && guest.usesKvm && guest.arch === 'x86_64') features.set('enforce', {sign: '', origin: 'always, so that a missing feature is an error'})
  if (hasOwnGraphics(guest.values) || (cpu.settings.hidden ?? cpu.custom?.hidden ?? false)) features.set('kvm', {sign: '', value: 'off', origin: 'as KVM is to be hidden'})
  const vendor = cpuVendor(cpu.model)
  if (vendor === 'GenuineIntel' || vendor === 'AuthenticAMD') features.set('vendor', {sign: '', value: vendor, origin: 'of the CPU model'})
  return features
}

function readFeatures(flags: string, origin: string): Features {
  return new Map(flags.split(';').filter(flag => /^[+-]./.test(flag)).map(flag => [flag.slice(1), {sign: flag[0] as '+' | '-', origin}]))
}

/** Later features win; one that contradicts an earlier one is worth a warning. */
function mergeFeatures(guest: Guest, groups: readonly Features[]): Features {
  const merged = new Map<string, Feature>()
  for (const group of groups) {
    for (const [written, feature] of group) {
      const name = written === 'nested-virt' ? guest.input.host.nestedFlag : written
      if (name === undefined) {
        guest.warn('the CPU flag \'nested-virt\' is ignored: the host\'s CPU has neither vmx nor svm')
        continue
      }
      const earlier = merged.get(name)
      if (earlier !== undefined && (earlier.sign !== feature.sign || earlier.value !== feature.value)) {
        guest.warn(`the CPU flag '${featureText(name, feature)}' (${feature.origin}) overrides '${featureText(name, earlier)}' (${earlier.origin})`)
      }
      merged.set(name, feature)
    }
  }
  return merged
}

function featureText(name: string, feature: Feature): string {
  return `${feature.sign}${name}${feature.value === undefined ? '' : `=${feature.value}`}`
}

function addressBits({custom, settings}: CpuModel): string[] {
  const guestBits = settings['guest-phys-bits'] ?? custom?.['guest-phys-bits']
  const bits = settings['phys-bits'] ?? custom?.['phys-bits']
  return [
    ...(guestBits === undefined ? [] : [`guest-phys-bits=${guestBits}`]),
    ...(bits === undefined ? [] : [bits === 'host' ? 'host-phys-bits=true' : `phys-bits=${bits}`]),
  ]
}
