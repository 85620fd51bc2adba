// What the product does with each kind of backend, to be recorded from the real one and played again from the recording: the ways that go well, and the complaints that
// it has to understand. Names that differ from run to run come from outside.
import {systemClock} from '../../../src/lib/base/index.ts'
import {parseSubvolume} from '../../../src/lib/storage/btrfs/snapshots.ts'
import {discoverTargets} from '../../../src/lib/storage/iscsi/discovery.ts'
import {plugin as iscsidirect} from '../../../src/lib/storage/iscsidirect/plugin.ts'
import type {Storage, Volume} from '../../../src/lib/storage/index.ts'
import {plugin as lvm} from '../../../src/lib/storage/lvm/plugin.ts'
import {plugin as lvmthin} from '../../../src/lib/storage/lvmthin/plugin.ts'
import {parseLsblk, parsePartitionNumbers, parseSignatures} from '../../../src/lib/storage/node-disks/facts/tool-answers.ts'
import {parseSmart} from '../../../src/lib/storage/node-disks/smart.ts'
import {plugin as rbd} from '../../../src/lib/storage/rbd/plugin.ts'
import {scanCifs, scanNfs} from '../../../src/lib/storage/scan/index.ts'
import {parseTgtTargets} from '../../../src/lib/storage/zfs/providers/tgt.ts'
import {plugin as zfspool} from '../../../src/lib/storage/zfspool/plugin.ts'
import type {Scene} from './recording.ts'
import {complaintOf} from './recording.ts'

const mebibyte = 1024 ** 2

/** Volumes made, listed, grown, renamed, read, removed; names that are taken, space that does not suffice. */
async function volumesOf(storage: Storage): Promise<unknown> {
  await storage.activate()
  const {isActive} = await storage.usage()
  const {id} = await storage.create({vmid: 100, format: 'raw', sizeBytes: 8 * mebibyte})
  const {base} = storage.parseName(id.name)
  const taken = await complaintOf(storage.create({vmid: 100, format: 'raw', sizeBytes: 8 * mebibyte, base}).then(() => true))
  await storage.resize(id, 16 * mebibyte)
  const grown = untimed(await storage.volume(id))
  const to = await storage.nextName(200, 'raw', [])
  await storage.rename(id, to)
  const listed = (await storage.list(['images'])).map(untimed)
  await storage.remove(to)
  return {isActive, taken, grown, listed, left: (await storage.list(['images'])).map(untimed), gone: await complaintOf(storage.volume(to))}
}

async function snapshotsOf(storage: Storage): Promise<unknown> {
  const {id} = await storage.create({vmid: 100, format: 'raw', sizeBytes: 8 * mebibyte})
  await storage.snapshots?.create(id, 'before')
  const again = await complaintOf(Promise.resolve(storage.snapshots?.create(id, 'before')))
  const names = (await storage.snapshots?.list(id) ?? []).map(({name}) => name)
  await storage.snapshots?.rollback(id, 'before')
  await storage.snapshots?.remove(id, 'before')
  const left = (await storage.snapshots?.list(id) ?? []).map(({name}) => name)
  const base = await storage.templates?.makeBase(id) ?? id
  const clone = await storage.templates?.nextClone(base, 200, []) ?? id
  const {parent} = await storage.templates?.clone(base, clone) ?? {}
  const kept = parent === undefined ? undefined : await complaintOf(storage.remove(base))
  await storage.remove(clone)
  await storage.remove(base)
  return {again, names, left, base: base.name, clone: clone.name, parent, kept}
}

function untimed({id: {name}, format, sizeBytes, vmid, isBase, parent}: Volume): unknown {
  return {name, format, sizeBytes, vmid, isBase, parent}
}

export const volumeGroupScene: Scene = async (host, {group = ''}) => {
  const open = (vgname: string) => lvm.open({type: 'lvm', storage: 'vg', vgname, content: 'images'}, host, systemClock)
  return {
    volumes: await volumesOf(open(group)),
    tooLarge: await complaintOf(open(group).create({vmid: 100, format: 'raw', sizeBytes: 1024 ** 4})),
    nowhere: await complaintOf(open('nowhere').activate()),
  }
}

export const thinPoolScene: Scene = async (host, {group = '', pool = ''}) => {
  const open = (thinpool: string) => lvmthin.open({type: 'lvmthin', storage: 'thin', vgname: group, thinpool, content: 'images'}, host, systemClock)
  return {volumes: await volumesOf(open(pool)), snapshots: await snapshotsOf(open(pool)), nowhere: await complaintOf(open('nowhere').activate())}
}

export const zfsPoolScene: Scene = async (host, {pool = ''}) => {
  const open = (name: string) => zfspool.open({type: 'zfspool', storage: 'tank', pool: name, sparse: true, content: 'images'}, host, systemClock)
  return {volumes: await volumesOf(open(pool)), snapshots: await snapshotsOf(open(pool)), nowhere: await complaintOf(open('nowhere').activate())}
}

export const cephPoolScene: Scene = async (host, {monitors = '', pool = '', namespace = '', keyring = ''}) => {
  const secret = {text: await host.files.stat(keyring) === undefined ? '' : await host.files.readText(keyring), path: keyring}
  const open = (options: Readonly<Record<string, unknown>>) => rbd.open({type: 'rbd', storage: 'ceph', monhost: monitors, pool, namespace, content: 'images', ...options}, host, systemClock, secret)
  return {volumes: await volumesOf(open({})), snapshots: await snapshotsOf(open({})), nowhere: await complaintOf(open({pool: 'nowhere'}).activate())}
}

export const targetScene: Scene = async (host, {portal = '', target = ''}) => {
  const open = (options: Readonly<Record<string, unknown>> = {}) => iscsidirect.open({type: 'iscsidirect', storage: 'san', portal, target, ...options}, host, systemClock)
  return {
    listed: (await open().list(['images'])).map(untimed), usage: await open().usage(),
    missing: await complaintOf(open().volume({storage: 'san', name: 'lun5'})),
    unknown: await complaintOf(open({target: 'iqn.2003-01.org.example:other'}).activate()),
    away: await complaintOf(open({portal: '127.0.0.1:1'}).activate()),
    targets: await discoverTargets(portal, host),
  }
}

/** What the server of ZFS over iSCSI is asked. */
export const exportsScene: Scene = async (host) =>
  ({targets: parseTgtTargets((await host.run(['tgtadm', '-C', '77', '--lld', 'iscsi', '--op', 'show', '--mode', 'target'])).stdout)})

export const subvolumeScene: Scene = async (host, {folder = ''}) => {
  await host.run(['btrfs', 'subvolume', 'create', '--', `${folder}/disk`])
  await host.run(['btrfs', 'subvolume', 'snapshot', '-r', '--', `${folder}/disk`, `${folder}/disk@before`])
  const {createdAtMs, generation} = parseSubvolume((await host.run(['btrfs', 'subvolume', 'show', '--', `${folder}/disk@before`])).stdout)
  await host.run(['btrfs', 'subvolume', 'delete', '--', `${folder}/disk@before`])
  await host.run(['btrfs', 'subvolume', 'delete', '--', `${folder}/disk`])
  return {hasTime: createdAtMs > 0, hasGeneration: generation > 0}
}

/** A disk with a table of one partition that the kernel need not show. */
export const diskScene: Scene = async (host, {device = ''}) => {
  const signatures = async () => [...parseSignatures((await host.run(['wipefs', '--json', '--output', 'DEVICE,TYPE,LABEL,UUID,USAGE', '--', device])).stdout, [device])?.values() ?? []].flat().map(({type}) => type)
  const blank = await signatures()
  await host.run(['sgdisk', '--clear', '--new=1:0:0', '--typecode=1:8300', device])
  const partx = ['partx', '--show', '--noheadings', '--output', 'NR', '--', device]
  const partitions = parsePartitionNumbers((await host.run(partx, {okExitCodes: [0, 1]})).stdout)
  const partitioned = await signatures()
  const listed = parseLsblk((await host.run(['lsblk', '--json', '--list', '--output', 'PATH,FSTYPE,LABEL,PTTYPE,PARTTYPE,MOUNTPOINTS', device])).stdout)
  const smart = parseSmart((await host.run(['smartctl', '-H', '-A', '-f', 'brief', '--', device], {okExitCodes: [0, 1, 2, 3, 4]})).stdout)
  await host.run(['wipefs', '--all', '--', device])
  return {blank, partitions, partitioned, listed: listed?.size, health: smart.health, wiped: await signatures()}
}

/** Servers on which nobody listens. */
export const scanScene: Scene = async (host) => {
  const context = {host, signal: new AbortController().signal, places: {root: undefined, stateDir: '/s', runDir: '/run/corral', logDir: '/l'}}
  return {nfs: await complaintOf(scanNfs('127.0.0.1', context)), cifs: await complaintOf(scanCifs('127.0.0.1', {}, context))}
}
