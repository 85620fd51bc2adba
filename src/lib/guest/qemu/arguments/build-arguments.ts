// From a configuration and facts to QEMU's command line. This file is the table of contents: each class of devices has its module, and
// the order here is the order in argv, which is Proxmox VE's.
import {readAgent, readFlag, splitArguments} from '../config/index.ts'
import {agentDevices} from './agent.ts'
import {audioDevices} from './audio.ts'
import {bootArguments, bootIndexes} from './boot.ts'
import {clockSettings} from './clock.ts'
import {cpuArguments} from './cpu.ts'
import {displayDevices, spiceArguments, spiceDevices, viewArguments} from './display.ts'
import {driveArguments} from './drives.ts'
import {encryptionArguments} from './encryption.ts'
import {firmwareArguments} from './firmware.ts'
import {describeGuest} from './guest.ts'
import {hostPciDevices} from './host-pci.ts'
import type {ArgumentsInput, QemuArguments} from './input.ts'
import {boardDevices, hotplugCompatibilityArguments, iommuDevices, machineArguments, powerStateArguments} from './machine.ts'
import {balloonDevices, memoryArguments, memoryMachineFlags} from './memory.ts'
import {nicArguments} from './nics.ts'
import {optionText} from './option-text.ts'
import {parallelDevices} from './parallel.ts'
import {pciBridges} from './pci-addresses.ts'
import {affinityPrefix, processArguments, runArguments} from './process.ts'
import {rngDevices} from './rng.ts'
import {scsiHardware} from './scsi-controllers.ts'
import {serialDevices} from './serial.ts'
import {sharedMemoryDevices} from './shared-memory.ts'
import {generationIdDevices, smbiosArguments} from './smbios.ts'
import {smpArguments} from './smp.ts'
import {tpmDevices} from './tpm.ts'
import {pointerDevices, usbControllers, usbDevices} from './usb.ts'
import {virtiofsDevices} from './virtiofs.ts'
import {watchdogDevices} from './watchdog.ts'

/**
 * Pure: the same input gives the same arguments.
 * @throws InvalidInputError, UnsupportedError, UnavailableError, NotFoundError naming the key that stands in the way
 */
export function buildArguments(input: ArgumentsInput): QemuArguments {
  const warnings: string[] = []
  const guest = describeGuest(input, message => warnings.push(message))
  const order = bootIndexes(guest)
  const firmware = firmwareArguments(guest)
  const drives = driveArguments(guest, order)
  const nics = nicArguments(guest, order)
  const encryption = encryptionArguments(guest)
  const clock = clockSettings(guest)
  const iommu = iommuDevices(guest)
  const devices = [
    ...generationIdDevices(guest),
    ...usbControllers(guest),
    ...pointerDevices(guest),
    ...hostPciDevices(guest, order),
    ...usbDevices(guest, order),
    ...serialDevices(guest),
    ...parallelDevices(guest),
    ...audioDevices(guest),
    ...tpmDevices(guest),
    ...displayDevices(guest),
    ...agentDevices(guest),
    ...rngDevices(guest),
    ...spiceDevices(guest),
    ...balloonDevices(guest),
    ...watchdogDevices(guest),
    ...(input.host.iscsiInitiator === undefined ? [] : ['-iscsi', optionText(`initiator-name=${input.host.iscsiInitiator}`)]),
    ...drives.devices,
    ...nics.devices,
    ...sharedMemoryDevices(guest),
    ...virtiofsDevices(guest),
  ]
  const argv = [
    ...affinityPrefix(guest),
    guest.emulator.binary,
    ...processArguments(guest),
    ...smbiosArguments(guest),
    ...firmware.argv,
    ...hotplugCompatibilityArguments(guest),
    ...smpArguments(guest),
    '-nodefaults',
    ...bootArguments(guest),
    ...viewArguments(guest),
    ...clock.globals.flatMap(flag => ['-global', flag]),
    ...cpuArguments(guest),
    ...memoryArguments(guest),
    ...runArguments(guest),
    ...spiceArguments(guest),
    ...drives.objects,
    ...powerStateArguments(guest),
    ...iommu.first,
    ...boardDevices(guest),
    ...pciBridges(devices, scsiHardware(guest), guest),
    ...devices,
    ...iommu.last,
    ...(clock.rtc === undefined ? [] : ['-rtc', clock.rtc]),
    ...encryption.argv,
    ...machineArguments(guest, firmware.machineFlags, [...encryption.machineFlags, ...memoryMachineFlags(guest)]),
    ...(guest.isTemplate ? ['-snapshot'] : []),
    ...splitArguments(guest.values['args'] ?? ''),
  ]
  return {
    argv, warnings, machine: guest.machine.type, usesKvm: guest.usesKvm,
    taps: nics.taps, linksDown: nics.linksDown, temporaryFiles: firmware.temporaryFiles,
  }
}

/** Whether the guest has the channel to its agent. */
export function hasAgent(values: Readonly<Record<string, string>>): boolean {
  return readFlag(values['template']) !== true && readAgent(values['agent']).enabled === true
}
