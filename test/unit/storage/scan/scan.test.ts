// What the scans ask, what they make of the answers, and what they say when there is none.
import {describe, expect, it} from 'vitest'
import {UnavailableError} from '../../../../src/lib/base/index.ts'
import type {Answer} from '../../../../src/lib/host/fake/fake-host.ts'
import {fakeHost} from '../../../../src/lib/host/fake/index.ts'
import {scanCifs, scanLvm, scanLvmThin, scanNfs, scanZfs} from '../../../../src/lib/storage/scan/index.ts'

const world = (...answers: readonly Answer[]) => {
  const host = fakeHost({answers})
  return {host, context: {host, signal: new AbortController().signal, places: {root: undefined, stateDir: '/s', runDir: '/run/corral', logDir: '/l'}}}
}
const timeout = new UnavailableError('showmount did not end within 30 s and was stopped')

describe('an NFS server', () => {
  const argv = ['showmount', '--no-headers', '--exports', '--', 'nas1']

  it('tells its exports, also those of paths with blanks and those for nobody', async () => {
    const {context, host} = world({argv, stdout: '/srv/vm     192.0.2.0/24,10.0.0.1\n/srv/my disks (everyone)\n/empty \nclnt: odd\n'})
    expect(await scanNfs('nas1', context)).toEqual([{path: '/srv/vm', options: '192.0.2.0/24,10.0.0.1'}, {path: '/srv/my disks', options: '(everyone)'}, {path: '/empty', options: ''}])
    host.assertAllUsed()
  })

  it('is said to be away, nameless, or without a list', async () => {
    const asked = (answer: Partial<Answer>) => scanNfs('nas1', world({argv, ...answer}).context)
    await expect(asked({missing: true})).rejects.toMatchObject({kind: 'unavailable', nextSteps: ['apt-get install nfs-common']})
    await expect(asked({error: timeout})).rejects.toMatchObject({kind: 'unavailable', message: 'the NFS server nas1 does not answer'})
    await expect(asked({exitCode: 1, stderr: 'clnt_create: RPC: Unknown host'})).rejects.toMatchObject({kind: 'unavailable', message: 'there is no host by the name of nas1'})
    await expect(asked({exitCode: 1, stderr: 'clnt_create: RPC: Program not registered'})).rejects.toMatchObject({message: 'the NFS server nas1 keeps no list of what it exports'})
    await expect(asked({exitCode: 1, stderr: 'clnt_create: RPC: Unable to receive'})).rejects.toMatchObject({kind: 'unavailable', message: 'the NFS server nas1 does not say what it exports'})
  })
})

describe('an SMB server', () => {
  const list = 'Disk|vms|Disks | of guests\nDisk|C$|\nIPC|IPC$|IPC Service\nPrinter|office|\nSMB1 disabled -- no workgroup available\n'

  it('tells its shares to nobody in particular', async () => {
    const {context, host} = world({argv: ['smbclient', '--grepable', '--no-pass', '--user=%', '--list=nas1'], stdout: list})
    expect(await scanCifs('nas1', {}, context)).toEqual([{share: 'vms', description: 'Disks | of guests'}])
    host.assertAllUsed()
  })

  it('is given a login in a private file that is gone afterwards, never in argv', async () => {
    let seen: {readonly text: string; readonly mode: number | undefined} | undefined
    const {context, host} = world({
      argv: ['smbclient', '--grepable', /^--authentication-file=\/run\/corral\/smb-login-[0-9a-f]{24}$/, '--list=nas1'], stdout: list,
      effect: async ({files}, argv) => {
        const path = (argv[2] ?? '').slice('--authentication-file='.length)
        seen = {text: await files.readText(path), mode: (await files.stat(path))?.mode}
      },
    })
    await scanCifs('nas1', {username: 'joe', password: 'se cret%x', domain: 'LAB'}, context)
    expect(seen).toEqual({text: 'username = joe\npassword = se cret%x\ndomain = LAB\n', mode: 0o600})
    expect(JSON.stringify(host.ran)).not.toContain('cret')
    expect(await host.files.list('/run/corral')).toEqual([])
  })

  it('is said not to let us in, or to be away; the login is gone then too', async () => {
    const asked = (answer: Partial<Answer>) => {
      const {context, host} = world({argv: ['smbclient', '…'], exitCode: 1, ...answer})
      return {host, asking: scanCifs('nas1', {username: 'joe', password: 'x'}, context)}
    }
    await expect(asked({stdout: 'session setup failed: NT_STATUS_LOGON_FAILURE\n'}).asking).rejects.toMatchObject({kind: 'unauthenticated'})
    await expect(asked({stderr: 'do_connect: Connection to nas1 failed (Error NT_STATUS_CONNECTION_REFUSED)'}).asking).rejects.toMatchObject({kind: 'unavailable', message: 'the SMB server nas1 does not answer (NT_STATUS_CONNECTION_REFUSED)'})
    await expect(asked({stderr: 'do_connect: Connection to nas1 failed (Error NT_STATUS_UNSUCCESSFUL)'}).asking).rejects.toMatchObject({message: expect.stringContaining('no host by the name of nas1') as string})
    const {host, asking} = asked({missing: true})
    await expect(asking).rejects.toMatchObject({nextSteps: ['apt-get install smbclient']})
    expect(await host.files.list('/run/corral')).toEqual([])
    await expect(scanCifs('nas1', {password: 'x'}, world().context)).rejects.toMatchObject({fields: {username: 'is missing'}})
  })
})

describe('the host', () => {
  it('tells its volume groups and thin pools', async () => {
    const {context} = world({argv: ['vgs', '--config', 'log/report_command_log=0', '--reportformat', 'json', '-o', 'vg_name'], stdout: '{"report":[{"vg":[{"vg_name":"pve"},{"vg_name":"data"}]}]}'}, {
      argv: ['lvs', '--config', 'log/report_command_log=0', '--reportformat', 'json', '-o', 'lv_name,segtype', '--', 'pve'],
      stdout: '{"report":[{"lv":[{"lv_name":"root","segtype":"linear"},{"lv_name":"data","segtype":"thin-pool"},{"lv_name":"vm-100-disk-0","segtype":"thin"}]}]}',
    })
    expect(await scanLvm(context)).toEqual([{vg: 'pve'}, {vg: 'data'}])
    expect(await scanLvmThin('pve', context)).toEqual([{lv: 'data'}])
  })

  it('says which group is not there, and what is no report', async () => {
    await expect(scanLvmThin('nope', world({argv: ['lvs', '…'], exitCode: 5, stderr: '  Cannot process volume group nope'}).context)).rejects.toMatchObject({kind: 'not-found', nextSteps: ['See which there are: pvesm scan lvm']})
    await expect(scanLvm(world({argv: ['vgs', '…'], stdout: '{"report":[{"vg":[{"vg_name":5}]}]}'}).context)).rejects.toMatchObject({kind: 'tool'})
    await expect(scanLvm(world({argv: ['vgs', '…'], stdout: 'vgs'}).context)).rejects.toMatchObject({kind: 'tool'})
    await expect(scanLvm(world({argv: ['vgs', '…'], missing: true}).context)).rejects.toMatchObject({nextSteps: ['apt-get install lvm2']})
  })

  it('tells its ZFS pools and file systems, without the folders of containers', async () => {
    const argv = ['zfs', 'list', '-Hp', '-t', 'filesystem', '-o', 'name']
    expect(await scanZfs(world({argv, stdout: 'rpool\nrpool/data\nrpool/data/subvol-101-disk-0\n'}).context)).toEqual([{pool: 'rpool'}, {pool: 'rpool/data'}])
    await expect(scanZfs(world({argv, missing: true}).context)).rejects.toMatchObject({nextSteps: ['apt-get install zfsutils-linux']})
  })
})
