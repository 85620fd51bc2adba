// Suite qm-plans: small decisions about virtual machines. The choice of PCI devices is put to the product; what needs operations on disks
// (convert, replicatable-volumes) counts as unsupported.
import {parseQemuConfig} from '../../src/lib/guest/qemu/config/index.ts'
import {choosePciDevices, parsePciMappings} from '../../src/lib/guest/qemu/host-devices/index.ts'
import {Refusal, Unsupported, attempt, compareData, isRecord, type Adapter, type Data} from './adapter.ts'

interface PciEnvironment {
  readonly devices: readonly string[]
  readonly info: Readonly<Record<string, {vendor: string; device: string; iommugroup: number}>>
  readonly mappings: Readonly<Record<string, {readonly map: readonly string[]; readonly mdev?: number}>>
  readonly reserved: readonly string[]
  readonly node: string
}

export const adapter: Adapter = {
  answer(input, env) {
    if (input['do'] !== 'choose-pci-devices') throw new Unsupported(`disks are not converted or replicated yet (${String(input['do'])})`)
    const config = input['config']
    const values = isRecord(config) ? config as Readonly<Record<string, string>> : parseQemuConfig(String(config)).current.values
    const pci = env['pci'] as PciEnvironment
    const vmid = Number(input['vmid'] ?? 8006)
    return attempt(() => asData(choosePciDevices(values, {...facts(pci), vmid})))
  },
  differences(answer, expect) {
    if (answer instanceof Refusal) return expect['error'] === undefined ? [`was refused: ${answer.message}`] : []
    if (expect['error'] !== undefined) return ['was not refused']
    return compareData(answer, addressesByKey(expect))
  },
}

function facts({devices, info, mappings, reserved, node}: PciEnvironment): Omit<Parameters<typeof choosePciDevices>[1], 'vmid'> {
  const known = devices.map(address => {
    const found = Object.entries(info).find(([prefix]) => address.startsWith(prefix))?.[1]
    return {address, vendor: found?.vendor, device: found?.device, iommuGroup: found?.iommugroup}
  })
  const file = Object.entries(mappings).map(([name, {map, mdev}]) =>
    `${name}\n${mdev === undefined ? '' : `\tmdev ${mdev}\n`}${map.map(entry => `\tmap ${entry}\n`).join('')}\n`).join('')
  return {node, devices: known, mappings: parsePciMappings(file), taken: new Map(reserved.map(address => [address, undefined]))}
}

function asData(chosen: ReturnType<typeof choosePciDevices>): Data {
  return Object.fromEntries(Object.entries(chosen).map(([key, {addresses}]) => [key, [...addresses]]))
}

/** The devices by key, wherever the expectation has them: lists of addresses, or of records that hold them as `id`. */
function addressesByKey(expect: Data): Data {
  const holder = Object.values(expect).find(value => isRecord(value) && Object.keys(value).some(key => /^hostpci\d+$/.test(key)))
  const found = Object.entries(isRecord(holder) ? holder : expect).filter(([key]) => /^hostpci\d+$/.test(key))
  return Object.fromEntries(found.map(([key, value]) => {
    const list: unknown = isRecord(value) ? value['ids'] ?? value['devices'] : value
    return [key, (Array.isArray(list) ? list : [list]).map((item: unknown) => (isRecord(item) ? item['id'] : item))]
  }))
}
