// A host whose /sys answers as the kernel's does: PCI devices that go from driver to driver, mediated devices, pools of huge pages. The
// contract is the file system: orders are written to files, and what came of them is read from files and links.
import {fakeHost} from '../../src/lib/host/fake/index.ts'
import type {FakeHost, FakeHostOptions} from '../../src/lib/host/fake/index.ts'

export interface FakePciDevice {
  readonly address: string
  readonly vendor?: string
  readonly device?: string
  readonly class?: string
  readonly group?: number
  readonly driver?: string
  /** Types of mediated devices with how many are left of each. */
  readonly mdev?: Readonly<Record<string, number>>
}

export interface FakeSysfs {
  readonly pci?: readonly FakePciDevice[]
  /** Drivers that take any device by override. */
  readonly drivers?: readonly string[]
  /** Pools of huge pages: `node0/2048kB`. `most` bounds what the kernel finds memory for. */
  readonly hugePages?: Readonly<Record<string, {readonly total: number; readonly free: number; readonly most?: number}>>
}

const pci = '/sys/bus/pci/devices'
const drivers = '/sys/bus/pci/drivers'

export async function hostWithSysfs(sysfs: FakeSysfs, options: FakeHostOptions = {}): Promise<FakeHost> {
  const native = new Map((sysfs.pci ?? []).map(({address, driver}) => [address, driver]))
  const files: Record<string, string> = {'/proc/self/mountinfo': '', '/sys/bus/pci/drivers_probe': ''}
  for (const name of new Set([...(sysfs.drivers ?? []), ...[...native.values()].filter(driver => driver !== undefined)])) files[`${drivers}/${name}/unbind`] = ''
  for (const {address, vendor, device, class: pciClass, group, mdev} of sysfs.pci ?? []) {
    Object.assign(files, {
      [`${pci}/${address}/vendor`]: `${vendor ?? '0x8086'}\n`, [`${pci}/${address}/device`]: `${device ?? '0x1520'}\n`, [`${pci}/${address}/class`]: `${pciClass ?? '0x030000'}\n`,
      [`${pci}/${address}/driver_override`]: '(null)\n',
      ...(group === undefined ? {} : {[`/sys/kernel/iommu_groups/${group}/type`]: 'DMA\n'}),
    })
    for (const [type, left] of Object.entries(mdev ?? {})) {
      Object.assign(files, {[`${pci}/${address}/mdev_supported_types/${type}/available_instances`]: `${left}\n`, [`${pci}/${address}/mdev_supported_types/${type}/create`]: ''})
    }
  }
  for (const [name, {total, free}] of Object.entries(sysfs.hugePages ?? {})) {
    const folder = poolFolder(name)
    Object.assign(files, {[`${folder}/nr_hugepages`]: `${total}\n`, [`${folder}/free_hugepages`]: `${free}\n`, [`${folder}/surplus_hugepages`]: '0\n'})
  }
  const host = fakeHost({...options, files: {...files, ...options.files}, onWriteInPlace: (self, path, text) => react(self, path, text, native, sysfs)})
  for (const {address, group, driver} of sysfs.pci ?? []) {
    if (group !== undefined) await host.files.symlink(`/sys/kernel/iommu_groups/${group}`, `${pci}/${address}/iommu_group`)
    if (driver !== undefined) await host.files.symlink(`${drivers}/${driver}`, `${pci}/${address}/driver`)
  }
  return host
}

function poolFolder(name: string): string {
  const [node = '', size = ''] = name.split('/')
  return `/sys/devices/system/node/${node}/hugepages/hugepages-${size}`
}

async function react(host: FakeHost, path: string, text: string, native: ReadonlyMap<string, string | undefined>, sysfs: FakeSysfs): Promise<void> {
  const {files} = host
  if (path.endsWith('/driver/unbind')) await files.remove(`${pci}/${text}/driver`)
  if (path === '/sys/bus/pci/drivers_probe') {
    const override = (await files.readText(`${pci}/${text}/driver_override`)).trim()
    const driver = override === '' || override === '(null)' ? native.get(text) : override
    if (driver !== undefined && await files.stat(`${drivers}/${driver}`) !== undefined) await files.symlink(`${drivers}/${driver}`, `${pci}/${text}/driver`)
  }
  const create = /^(.*\/mdev_supported_types\/[^/]+)\/create$/.exec(path)
  if (create !== null) {
    const left = `${create[1] ?? ''}/available_instances`
    await files.write(left, String(Number(await files.readText(left)) - 1))
    await files.makeDirectory(`/sys/bus/mdev/devices/${text}`)
    await files.write(`/sys/bus/mdev/devices/${text}/remove`, '')
  }
  if (/^\/sys\/bus\/mdev\/devices\/[^/]+\/remove$/.test(path)) await files.removeTree(path.slice(0, -'/remove'.length))
  if (path.endsWith('/nr_hugepages')) await resize(host, path, Number(text), sysfs)
}

/** The old size is gone by now, so what is in use is remembered: pages in use are not free, and surplus when the pool is to be smaller. */
async function resize({files}: FakeHost, path: string, wanted: number, {hugePages = {}}: FakeSysfs): Promise<void> {
  const [pool] = Object.entries(hugePages).filter(([name]) => path.startsWith(poolFolder(name))).map(([, value]) => value)
  const inUse = (pool?.total ?? 0) - (pool?.free ?? 0)
  const total = Math.max(inUse, Math.min(wanted, pool?.most ?? wanted))
  await files.write(path, `${total}\n`)
  await files.write(path.replace(/nr_hugepages$/, 'free_hugepages'), `${total - inUse}\n`)
  await files.write(path.replace(/nr_hugepages$/, 'surplus_hugepages'), `${Math.max(0, total - wanted)}\n`)
}
