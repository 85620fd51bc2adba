// ZFS over iSCSI on a host that only answers: the way to the server, LIO's and COMSTAR's tools, and options. With tgt it is tried for real
// (test/contract/storage/zfs.test.ts).
import {describe, expect, it} from 'vitest'
import {systemClock} from '../../../../src/lib/base/index.ts'
import type {Answer} from '../../../../src/lib/host/fake/fake-host.ts'
import {fakeHost} from '../../../../src/lib/host/fake/index.ts'
import {parseLunProperties} from '../../../../src/lib/storage/zfs/exported-volumes.ts'
import {plugin} from '../../../../src/lib/storage/zfs/plugin.ts'
import {parseUnits, parseView} from '../../../../src/lib/storage/zfs/providers/comstar.ts'
import {parseSavedConfig} from '../../../../src/lib/storage/zfs/providers/lio.ts'
import {freeLun} from '../../../../src/lib/storage/zfs/providers/provider.ts'
import {parseTgtTargets} from '../../../../src/lib/storage/zfs/providers/tgt.ts'
import {hostOfPortal, sshArgv} from '../../../../src/lib/storage/zfs/server.ts'

const mebibyte = 1024 ** 2
const target = 'iqn.2003-01.org.example:disks'
const section = {type: 'zfs', storage: 'san', portal: '192.0.2.10', target, pool: 'tank', blocksize: '16k', iscsiprovider: 'LIO', lio_tpg: 'tpg1', content: 'images'}
const secret = {path: '/run/corral/priv/zfs/192.0.2.10_id_rsa', text: '-----BEGIN OPENSSH PRIVATE KEY-----\nx\n-----END OPENSSH PRIVATE KEY-----\n'}
const id = {storage: 'san', name: 'vm-100-disk-0'}
const ssh = ['ssh', '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=10', '-o', 'IdentitiesOnly=yes', '-i', secret.path, '--', 'root@192.0.2.10']
const on = (command: string, answer: Omit<Answer, 'argv'> = {}): Answer => ({argv: [...ssh, command], ...answer})
const saved = (luns: readonly (readonly [number, string])[]) => JSON.stringify({
  storage_objects: luns.map(([, name]) => ({plugin: 'block', name: `tank-${name}`, dev: `/dev/zvol/tank/${name}`})),
  targets: [{fabric: 'iscsi', wwn: target, tpgs: [{tag: 1, luns: luns.map(([index, name]) => ({index, storage_object: `/backstores/block/tank-${name}`}))}]}],
})
const cat = 'cat /etc/rtslib-fb-target/saveconfig.json'
const listed = "zfs list -Hp -t volume,filesystem -o name,type,volsize,refquota,used,origin,creation"
const remembered = 'zfs get -Hp -d 1 -t volume -s local -o name,value corral:lun tank'
const world = (answers: readonly Answer[], options: Readonly<Record<string, unknown>> = {}, files: Readonly<Record<string, string>> = {}) => {
  const host = fakeHost({answers, files})
  return {host, storage: plugin.open({...section, ...options}, host, systemClock, secret)}
}

describe('ZFS behind LIO', () => {
  it('makes a volume and exports it by a number that neither a LUN nor a volume has', async () => {
    const {host, storage} = world([
      on('zfs create -b 16k -V 8388608 tank/vm-100-disk-0'),
      on(cat, {stdout: saved([[1, 'vm-200-disk-0']])}),
      on(remembered, {stdout: 'tank/vm-300-disk-0\t2\n'}),
      on("zfs set 'corral:lun=3' tank/vm-100-disk-0"),
      on("udevadm settle '--timeout=20' '--exit-if-exists=/dev/zvol/tank/vm-100-disk-0'"),
      on("targetcli /backstores/block create 'name=tank-vm-100-disk-0' 'dev=/dev/zvol/tank/vm-100-disk-0'"),
      on("targetcli /backstores/block/tank-vm-100-disk-0 set attribute 'emulate_tpu=1'"),
      on(`targetcli /iscsi/${target}/tpg1/luns create /backstores/block/tank-vm-100-disk-0 3`),
      on('targetcli saveconfig'),
      on(`${listed} tank/vm-100-disk-0`, {stdout: `tank/vm-100-disk-0\tvolume\t${8 * mebibyte}\t-\t4096\t-\t1700000000\n`}),
    ], {}, {'/etc/iscsi/initiatorname.iscsi': 'InitiatorName=iqn.1993-08.org.debian:01:a\n'})
    expect(await storage.create({vmid: 100, format: 'raw', sizeBytes: 8 * mebibyte, base: 'vm-100-disk-0'})).toMatchObject({id, sizeBytes: 8 * mebibyte})
    expect(storage.path(id)).toBe(`iscsi://192.0.2.10/${target}/3`)
    expect(storage.blockSource(id).protocol).toEqual({driver: 'iscsi', transport: 'tcp', portal: '192.0.2.10', target, lun: 3})
    expect(storage.imageName(id).options).toMatchObject({'file.initiator-name': 'iqn.1993-08.org.debian:01:a', 'file.lun': '3'})
    host.assertAllUsed()
    expect((await host.files.stat(secret.path))?.mode).toBe(0o600)
    expect(host.ran.flat().join(' ')).not.toContain('PRIVATE KEY')
  })

  it('goes back to a snapshot while the target has the volume not open, which would keep what it read of it', () => {
    const {storage} = world([], {iscsiprovider: 'iet'})
    const programs = storage.commands({snapshot: 'rollback', id, name: 'before'}).map((argv) => argv.at(-1)?.split(' ')[0])
    expect(programs).toEqual(['tgtadm', 'zfs', 'tgtadm'])
    expect(storage.commands({snapshot: 'create', id, name: 'before'}).map((argv) => argv.at(-1))).toEqual(['zfs snapshot tank/vm-100-disk-0@before'])
  })

  it('takes the LUN away before the volume, and does not mind when both are gone', async () => {
    const list = `${listed} -d 1 tank`
    const there = world([
      on(list, {stdout: ''}), on(cat, {stdout: saved([[5, 'vm-100-disk-0']])}),
      on('targetcli /backstores/block delete tank-vm-100-disk-0'), on('targetcli saveconfig'), on('zfs destroy -r tank/vm-100-disk-0'),
    ])
    await there.storage.remove(id)
    there.host.assertAllUsed()
    const gone = world([on(list, {stdout: ''}), on(cat, {stdout: saved([])}), on('zfs destroy -r tank/vm-100-disk-0', {exitCode: 1, stderr: "cannot open 'tank/vm-100-disk-0': dataset does not exist"})])
    await gone.storage.remove(id)
    gone.host.assertAllUsed()
  })

  it('says what is wrong: a server that is away, one without ZFS, a target that is not there', async () => {
    const space = "zfs get -Hp -o property,value available,used tank"
    const away = world([on(space, {exitCode: 255, stderr: 'ssh: connect to host 192.0.2.10 port 22: Connection refused', times: 2})])
    await expect(away.storage.activate()).rejects.toMatchObject({kind: 'unavailable', message: 'the iSCSI server 192.0.2.10 cannot be reached over SSH'})
    expect(await away.storage.usage()).toMatchObject({isActive: false, reason: 'the iSCSI server 192.0.2.10 cannot be reached over SSH'})
    const bare = world([on(space, {exitCode: 1, stderr: "cannot open 'tank': dataset does not exist"})])
    await expect(bare.storage.activate()).rejects.toMatchObject({kind: 'unavailable', message: expect.stringContaining("no ZFS pool or dataset 'tank'") as string})
    const other = world([on(space, {stdout: 'available\t1\nused\t1\n'}), on(cat, {stdout: '{"storage_objects":[],"targets":[]}'})])
    await expect(other.storage.activate()).rejects.toMatchObject({kind: 'unavailable', message: expect.stringContaining(`no target '${target}' with the portal group tpg1`) as string})
  })

  it('guesses no number for a volume that is no LUN', async () => {
    const {storage} = world([on(cat, {stdout: saved([[2, 'vm-200-disk-0']])}), on(remembered, {stdout: 'tank/vm-100-disk-0\t2\n'})])
    await expect(storage.locate?.(id)).rejects.toMatchObject({kind: 'conflict', message: expect.stringContaining('is no LUN') as string})
  })
})

describe('the section', () => {
  it('takes the options of its provider, and no others', () => {
    const open = (options: Readonly<Record<string, unknown>>) => () => plugin.open({...section, ...options}, fakeHost(), systemClock)
    expect(open({iscsiprovider: 'istgt'})).toThrow(/istgt is not carried out/)
    expect(open({iscsiprovider: 'scst'})).toThrow(/LIO, iet, comstar/)
    expect(open({lio_tpg: undefined})).toThrow(/needs lio_tpg/)
    expect(open({lio_tpg: 'tpg1/luns'})).toThrow(/needs lio_tpg/)
    expect(open({comstar_hg: 'hosts'})).toThrow(/comstar_hg is for the provider comstar/)
    expect(open({nowritecache: true})).toThrow(/nowritecache is for the provider comstar/)
    expect(open({'zfs-base-path': '/dev/../etc'})).toThrow(/zfs-base-path/)
    expect(open({pool: 'tank;id'})).toThrow(/ZFS pool/)
    expect(open({target: 'iqn.2003-01.org.example:a,b'})).toThrow(/iSCSI target/)
    expect(open({portal: '-oProxyCommand=x'})).toThrow(/portal/)
    expect(open({iscsiprovider: 'comstar', comstar_hg: 'hosts', nowritecache: true})).not.toThrow()
  })

  it('keeps its key with the portal, as Proxmox VE does, and takes nothing else for one', () => {
    expect(plugin.secret?.storePath({...section, portal: '192.0.2.10'})).toBe('priv/zfs/192.0.2.10_id_rsa')
    expect(plugin.secret?.fileText(secret.text)).toBe(secret.text)
    expect(() => plugin.secret?.fileText('ssh-ed25519 AAAA root@h1')).toThrow(/no private key/)
  })
})

describe('the way to the server', () => {
  it('quotes each word for the shell there, and knows the host in a portal', () => {
    expect(sshArgv({portal: '[2001:db8::10]:3260', secret: undefined}, ['zfs', 'set', "a:b=c d'e", '$(id)']))
      .toEqual(['ssh', '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=10', '--', 'root@2001:db8::10', "zfs set 'a:b=c d'\\''e' '$(id)'"])
    expect(['nas:3260', '192.0.2.1', '[::1]'].map(hostOfPortal)).toEqual(['nas', '192.0.2.1', '::1'])
  })
})

describe('reports', () => {
  it('reads LIO, tgt, COMSTAR and the numbers that volumes remember', () => {
    expect(parseSavedConfig(saved([[7, 'vm-1-disk-0']]), {target, portalGroup: 'tpg1'})).toEqual([{lun: 7, device: '/dev/zvol/tank/vm-1-disk-0', unit: 'tank-vm-1-disk-0'}])
    expect(parseSavedConfig(saved([]), {target, portalGroup: 'tpg2'})).toBeUndefined()
    expect(() => parseSavedConfig('[', {target, portalGroup: 'tpg1'})).toThrow(/saveconfig/)
    expect(parseTgtTargets(`Target 1: ${target}\n    LUN information:\n        LUN: 0\n            Backing store path: None\n        LUN: 4\n            Backing store path: /dev/zvol/tank/a\n`))
      .toEqual([{tid: 1, name: target, luns: [{lun: 0, device: '', unit: '0'}, {lun: 4, device: '/dev/zvol/tank/a', unit: '4'}]}])
    expect(parseUnits('LU Name: 600144F0\n    Operational Status: Online\n    Data File         : /dev/zvol/rdsk/tank/a\n')).toEqual([{unit: '600144F0', device: '/dev/zvol/rdsk/tank/a'}])
    expect(parseView('View Entry: 0\n    Host group   : All\n    LUN          : 12\n')).toBe(12)
    expect(parseView('')).toBeUndefined()
    expect([...parseLunProperties('tank/a\t3\ntank\t4\ntank/b\t-\n', 'tank')]).toEqual([['a', 3]])
    expect([freeLun([]), freeLun([1, 2, 4])]).toEqual([1, 3])
  })
})
