// A machine to be imported, for tests: a manifest, its image and the list of their digests in a folder, and the same as an OVA archive.
import {createHash} from 'node:crypto'
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {localHost} from '../../src/lib/host/local/index.ts'
import {ovfManifest} from './ovf-manifest.ts'
import type {OvfParts} from './ovf-manifest.ts'

export interface Appliance {
  readonly manifest: string
  readonly archive: string
  /** What the disk holds, as a raw image. */
  readonly raw: string
}

/** Makes `web.ovf`, `web.mf`, `disk1.vmdk` and `web.ova`; the disk has 1 MiB. */
export async function makeAppliance(folder: string, parts: OvfParts = {}): Promise<Appliance> {
  mkdirSync(folder, {recursive: true})
  const at = (name: string) => join(folder, name)
  const host = localHost('h1')
  writeFileSync(at('disk.raw'), Buffer.alloc(1024 * 1024, 'precious '))
  await host.run(['qemu-img', 'convert', '-f', 'raw', '-O', 'vmdk', '-o', 'subformat=streamOptimized', '--', at('disk.raw'), at('disk1.vmdk')])
  writeFileSync(at('web.ovf'), ovfManifest(parts).replace('ovf:capacity="1" ovf:capacityAllocationUnits="byte * 2^30"', 'ovf:capacity="1048576"'))
  const digest = (name: string) => `SHA256(${name})= ${createHash('sha256').update(readFileSync(at(name))).digest('hex')}\n`
  writeFileSync(at('web.mf'), digest('web.ovf') + digest('disk1.vmdk'))
  await host.run(['tar', '--format=ustar', '-cf', at('web.ova'), 'web.ovf', 'web.mf', 'disk1.vmdk'], {cwd: folder})
  return {manifest: at('web.ovf'), archive: at('web.ova'), raw: at('disk.raw')}
}
