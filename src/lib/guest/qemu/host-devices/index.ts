// Devices of the host that are handed to guests: mappings by name, PCI devices as sysfs shows them, which device a guest gets, and what is
// done with it around the life of the guest.
export {choosePciDevices} from './choose-pci.ts'
export type {ChosenPci, PciChoiceFacts} from './choose-pci.ts'
export {planPciSteps, vfioDriver} from './plan-pci.ts'
export {releasePciDevices} from './release-pci.ts'
export {gatherPciFacts, hasHostPci, pciMappingsPath} from './pci-facts.ts'
export {parsePciMappings, parseUsbMappings} from './mappings.ts'
export type {PciMapping, PciMappingEntry, UsbMapping} from './mappings.ts'
export {readPciDevices} from './pci-devices.ts'
export type {PciDevice} from './pci-devices.ts'
