// QEMU's command line from a configuration and facts.
export {buildArguments, hasAgent} from './build-arguments.ts'
export type {
  Architecture, ArgumentsInput, CustomCpuModel, DriveBacking, Emulator, EncryptionFacts, FirmwareFile, FirmwareFiles, FirmwareName, HostFacts, MappedUsbDevice, QemuArguments,
  SpiceAccess, SupportFiles, Tap, UnifiedFirmwareName,
} from './input.ts'
export {resolveMachine} from './machine-version.ts'
export type {Machine} from './machine-version.ts'
