// QEMU's command line from a configuration and facts.
export {buildArguments, hasAgent} from './build-arguments.ts'
export type {
  Architecture, ArgumentsInput, CustomCpuModel, DriveBacking, Emulator, FirmwareFile, FirmwareFiles, FirmwareName, HostFacts, QemuArguments, SpiceAccess,
  SupportFiles, Tap,
} from './input.ts'
export {resolveMachine} from './machine-version.ts'
export type {Machine} from './machine-version.ts'
