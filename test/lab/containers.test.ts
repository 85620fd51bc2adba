// Containers on a lab host with systemd, control groups of version 2 with controllers and its own kernel: made, filled, snapshotted, brought back, cloned, grown and moved on
// ZFS, LVM-thin and RBD. Commands come from outside, as a person types them: the agent on the host does the work, since mount spaces are made where it runs.
import {readFile, rm} from 'node:fs/promises'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, inject, it} from 'vitest'
import type {Host} from '../../src/lib/host/index.ts'
import {connectSsh} from '../../src/lib/host/ssh/index.ts'
import {Desk} from '../e2e/support/desk.ts'
import type {CephCluster} from '../support/ceph-cluster.ts'
import {pool, startCeph} from '../support/ceph-cluster.ts'
import {writeTemplate} from '../support/container-template.ts'
import {forwardPorts} from './support/forward-ceph.ts'
import {sshOptions} from './support/lab.ts'
import {sharedHost} from './support/shared-host.ts'

const storages = ['tank', 'thin', 'ceph'] as const
const folder = '/srv/lab-containers'
const closers: (() => Promise<unknown>)[] = []
const host: Host = await sharedHost()
const why = await host.which('lxc-start') === undefined ? 'the image of the lab has no LXC (scripts/build-lab-host.sh: packages lxc, lxcfs and uidmap)' : undefined
if (why !== undefined) console.log(`containers on a lab host: skipped, because ${why}`)
let desk: Desk
let cluster: CephCluster

const outside = (...words: string[]): Promise<string> => desk.must([...words, '--on', inject('lab').name])
const pct = (...words: string[]): Promise<string> => outside('pct', ...words)
/** `--on` goes before the words of the container's own command. */
const inside = (vmid: string, script: string): Promise<string> => desk.must(['pct', 'exec', '--on', inject('lab').name, vmid, '--', 'sh', '-c', script])
const sumOf = async (vmid: string, path: string): Promise<string> => (await inside(vmid, `sha256sum <${path}`)).trim()

/** A device with a file of the host behind it: the spare disks are others'. */
async function loopDevice(name: string): Promise<string> {
  await host.run(['truncate', '--size', '1G', '--', `${folder}/${name}`])
  const device = (await host.run(['losetup', '--find', '--show', `${folder}/${name}`])).stdout.trim()
  closers.push(() => host.run(['losetup', '--detach', device]))
  return device
}

beforeAll(async () => {
  if (why !== undefined) return
  await host.files.makeDirectory(folder)
  closers.push(() => host.files.removeTree(folder))
  for (const path of ['/etc/subuid', '/etc/subgid']) await host.run(['sh', '-c', 'grep -qx root:100000:65536 "$1" || echo root:100000:65536 >>"$1"', 'sh', path])
  const thin = await loopDevice('thin')
  await host.run(['vgcreate', '-q', '--yes', '--', 'labct', thin])
  closers.push(() => host.run(['vgremove', '-q', '--yes', '--force', '--', 'labct']))
  await host.run(['lvcreate', '-q', '--type', 'thin-pool', '-L', '800m', '-n', 'pool', '--', 'labct'])
  await host.run(['modprobe', 'zfs'], {timeoutMs: 300_000})
  await host.run(['truncate', '--size', '1G', '--', `${folder}/zfs`])
  await host.run(['zpool', 'create', '-f', 'labct', `${folder}/zfs`])
  closers.push(() => host.run(['zpool', 'destroy', '-f', 'labct']))
  cluster = await startCeph()
  closers.push(() => cluster.close())
  closers.push(await forwardPorts(host, await cluster.ports()))
  const {home, name} = inject('lab')
  desk = new Desk({home})
  closers.push(() => desk.close())
  const template = writeTemplate(join(desk.root, 'small.tar.gz'))
  const connection = await connectSsh({host: name}, sshOptions(home))
  try {
    await connection.upload(await readFile(template), `${folder}/small.tar.gz`, 0o644)
    await connection.upload(Buffer.from(cluster.keyring), `${folder}/keyring`, 0o600)
  } finally {
    connection.close()
  }
  await rm(template)
  await desk.must(['corral', 'host', 'add', name, '--context', 'lab'])
  await outside('pvesm', 'add', 'zfspool', 'tank', '--pool', 'labct', '--sparse', '1', '--content', 'rootdir')
  await outside('pvesm', 'add', 'lvmthin', 'thin', '--vgname', 'labct', '--thinpool', 'pool', '--content', 'rootdir')
  await outside('pvesm', 'add', 'rbd', 'ceph', '--monhost', cluster.kernelMonitors, '--pool', pool, '--krbd', '1', '--keyring', `${folder}/keyring`, '--content', 'rootdir')
  for (const storage of storages) closers.push(() => outside('pvesm', 'remove', storage))
})

afterAll(async () => { for (const close of closers.splice(0).reverse()) await close() })

describe.skipIf(why !== undefined).each(storages.map((storage, index) => [storage, String(600 + index * 10)] as const))('a container on %s', (storage, vmid) => {
  const clone = String(Number(vmid) + 1)
  let [first, data] = ['', '']

  it('is made, unprivileged, and runs with its limits', async () => {
    await pct('create', vmid, `${folder}/small.tar.gz`, '--rootfs', `${storage}:0.1`, '--mp0', `${storage}:0.06,mp=/srv/data`, '--memory', '64', '--swap', '0', '--cores', '1', '--hostname', storage)
    await pct('start', vmid)
    expect(await inside(vmid, 'hostname; cat /run/up; id -u')).toBe(`${storage}\nstarted\n0\n`)
    // Control groups of version 2, whose controllers the development machine lacks.
    expect(JSON.parse(await pct('list', '--output-format', 'json'))).toEqual(expect.arrayContaining([expect.objectContaining({vmid: Number(vmid), status: 'running', maxmem: 64 * 1024 ** 2})]))
  })

  it('comes back as it was at its snapshot, that was taken while it wrote', async () => {
    await inside(vmid, 'dd if=/dev/urandom of=/root/data bs=1024 count=512 2>/dev/null; dd if=/dev/urandom of=/srv/data/data bs=1024 count=512 2>/dev/null; sync')
    ;[first, data] = [await sumOf(vmid, '/root/data'), await sumOf(vmid, '/srv/data/data')]
    await inside(vmid, 'while :; do echo more >>/srv/data/log; sleep 0.1; done >/dev/null 2>&1 &')
    await pct('snapshot', vmid, 'before')
    await inside(vmid, 'echo lost >/root/data; echo lost >/srv/data/data')
    await pct('clone', vmid, clone, '--snapname', 'before', '--hostname', 'clone', '--full', '1')
    await pct('rollback', vmid, 'before')
    await pct('start', vmid)
    expect([await sumOf(vmid, '/root/data'), await sumOf(vmid, '/srv/data/data')]).toEqual([first, data])
    await pct('delsnapshot', vmid, 'before')
  })

  it('is cloned from it, and the clone is another one', async () => {
    await pct('start', clone)
    expect(await inside(clone, 'hostname')).toBe('clone\n')
    expect([await sumOf(clone, '/root/data'), await sumOf(clone, '/srv/data/data')]).toEqual([first, data])
    await pct('stop', clone)
  })

  it('grows while it runs', async () => {
    const sizeKib = async () => Number((await inside(vmid, 'df -k /srv/data')).trim().split('\n').at(-1)?.split(/\s+/)[1])
    const before = await sizeKib()
    await pct('resize', vmid, 'mp0', '+32M')
    expect(await sizeKib() - before).toBeGreaterThan(24 * 1024)
    expect(await sumOf(vmid, '/srv/data/data')).toBe(data)
    await pct('stop', vmid)
  })

  it('moves to the next storage, and is gone without a trace', async () => {
    const next = storages[(storages.indexOf(storage) + 1) % storages.length] ?? 'thin'
    await pct('move-volume', clone, 'rootfs', next, '--delete', '1')
    await pct('start', clone)
    expect([await sumOf(clone, '/root/data'), await sumOf(clone, '/srv/data/data')]).toEqual([first, data])
    await pct('stop', clone)
    for (const each of [vmid, clone]) await pct('destroy', each)
    expect(await outside('pvesm', 'list', storage)).not.toMatch(new RegExp(`-(?:${vmid}|${clone})-`))
    expect((await host.run(['cat', '/proc/self/mounts'])).stdout).not.toMatch(new RegExp(`[-/](?:${vmid}|${clone})[-/]`))
  })
})
