// What the choice of PCI devices is told: the host's devices, the mappings, and what other guests have.
import {readHostPciDevices} from '../config/host-devices.ts'
import type {Host} from '../../../host/index.ts'
import type {Places} from '../../../base/index.ts'
import type {Store} from '../../../store/index.ts'
import type {PciChoiceFacts} from './choose-pci.ts'
import {liveClaims} from './claims.ts'
import {parsePciMappings} from './mappings.ts'
import {readPciDevices} from './pci-devices.ts'
import type {PciDevice} from './pci-devices.ts'

export const pciMappingsPath = 'mapping/pci.cfg'

export interface PciContext { readonly host: Host; readonly places: Places; readonly store: Pick<Store, 'read' | 'lockHolder'>; readonly node: string }

export function hasHostPci(values: Readonly<Record<string, string>>): boolean {
  return readHostPciDevices(values).length > 0
}

export async function gatherPciFacts(
  vmid: number, values: Readonly<Record<string, string>>, context: PciContext,
): Promise<PciChoiceFacts & {readonly devices: readonly PciDevice[]}> {
  const usesMappings = readHostPciDevices(values).some(({source}) => source.kind === 'mapping')
  const [devices, mappings, claims] = await Promise.all([
    readPciDevices(context.host),
    usesMappings ? context.store.read(pciMappingsPath) : undefined,
    liveClaims(context),
  ])
  const taken = new Map([...claims].filter(([, holder]) => holder !== vmid))
  return {node: context.node, vmid, devices, mappings: mappings === undefined ? [] : parsePciMappings(mappings.data), taken}
}
