// A host as a user makes one: the Debian package is installed on it, it is added from outside, and machines run there while the package is replaced and
// removed, while the host shuts down, and while its power goes. The host is this file's own, because it restarts.
import {execFile} from 'node:child_process'
import {mkdtemp, readFile, readdir, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join, resolve} from 'node:path'
import {promisify} from 'node:util'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {connectSsh} from '../../src/lib/host/ssh/index.ts'
import {Desk} from '../e2e/support/desk.ts'
import type {Lab, LabHost} from './support/lab.ts'
import {openLab, sshOptions} from './support/lab.ts'

const runHere = promisify(execFile)
const name = 'fresh'
const closers: (() => Promise<unknown>)[] = []
let folder: string
let lab: Lab
let machine: LabHost
let desk: Desk

/** A line typed in a shell on the host. */
async function onHost(line: string): Promise<string> {
  const {stdout} = await runHere('ssh', ['-F', join(lab.home, '.ssh/config'), '-o', 'BatchMode=yes', name, line], {maxBuffer: 16 * 1024 ** 2, timeout: 20 * 60_000})
  return stdout.trim()
}

async function bring(file: string): Promise<void> {
  const connection = await connectSsh({host: name}, sshOptions(lab.home))
  try {
    await connection.upload(await readFile(join(folder, file)), `/root/${file}`, 0o644)
  } finally {
    connection.close()
  }
}

const install = (file: string): Promise<string> => onHost(`DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends /root/${file} 2>&1`)
const pidOf = (vmid: number): Promise<string> => onHost(`cat /run/corral/qemu-server/${vmid}.pid && kill -0 $(cat /run/corral/qemu-server/${vmid}.pid)`)
const outside = (...words: string[]): Promise<string> => desk.must([...words, '--on', name])

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'corral-lab-package-'))
  closers.push(() => rm(folder, {recursive: true, force: true}))
  await runHere(process.execPath, [resolve(import.meta.dirname, '../../scripts/package-deb.mjs'), folder], {timeout: 20 * 60_000})
  lab = await openLab({hosts: [name], memoryMib: 2048})
  closers.push(() => lab.close())
  machine = lab.hosts[0] as LabHost
  desk = new Desk({home: lab.home})
  closers.push(() => desk.close())
})
afterAll(async () => { for (const close of closers.splice(0).reverse()) await close() })

describe('a host with the package', () => {
  let deb = ''

  it('takes the package without a network, and its services run', async () => {
    deb = (await readdir(folder)).find((each) => each.endsWith('.deb')) ?? ''
    await bring(deb)
    await install(deb)
    expect(await onHost('systemctl is-active corral-qmeventd corral-guests')).toBe('active\nactive')
    expect(await onHost('systemctl is-enabled corral-qmeventd corral-guests corral-onboot corral-doctor')).toBe('enabled\nenabled\nenabled\nenabled')
    expect(await onHost('systemctl --failed --no-legend "corral*"')).toBe('')
    expect(await onHost('systemctl status corral-qmeventd')).toContain('Watch the virtual machines of Corral')
  })

  it('is added from outside with the agent of the package, and a machine runs there', async () => {
    await desk.must(['corral', 'host', 'add', name, '--context', 'lab'])
    await outside('qm', 'create', '100', '--name', 'witness', '--memory', '32', '--kvm', '0', '--scsihw', 'virtio-scsi-pci', '--scsi0', 'local:0.0625', '--freeze', '1', '--onboot', '1', '--startup', 'down=2')
    await outside('qm', 'start', '100')
    expect(await outside('qm', 'status', '100')).toContain('running')
    // The package's own agent: nothing was copied.
    expect(await onHost('ls /usr/local/lib/corral 2>/dev/null | wc -l')).toBe('0')
    expect(await onHost('systemctl is-active corral-100.scope')).toBe('active')
  })

  it('keeps its machines running while the package is replaced by a newer one, removed and installed again', async () => {
    const pid = await pidOf(100)
    const tree = join(folder, 'tree')
    await runHere('dpkg-deb', ['-R', join(folder, deb), tree])
    await runHere('sed', ['-i', 's/^Version: .*/&+newer1/', join(tree, 'DEBIAN/control')])
    await runHere('dpkg-deb', ['-b', '--root-owner-group', tree, join(folder, 'corral-newer.deb')])
    await bring('corral-newer.deb')
    await install('corral-newer.deb')
    expect(await onHost("dpkg-query -W -f '${Version}' corral")).toMatch(/\+newer1$/)
    expect(await pidOf(100)).toBe(pid)
    expect(await onHost('systemctl is-active corral-qmeventd')).toBe('active')
    expect(await onHost('qm status 100')).toContain('running')
    await onHost('apt-get remove -y -q corral 2>&1')
    expect(await pidOf(100)).toBe(pid)
    await install('corral-newer.deb')
    expect(await onHost('qm status 100')).toContain('running')
  })

  it('shuts its machines down with itself and starts those that are to run with it', async () => {
    const before = await pidOf(100)
    await onHost('systemctl reboot').catch(() => undefined)
    const boot = async () => onHost('cat /proc/sys/kernel/random/boot_id').catch(() => '')
    await expect.poll(async () => (await boot()) !== '' && (await onHost('journalctl --list-boots --no-pager -q | wc -l').catch(() => '0')) !== '1', {timeout: 30 * 60_000, interval: 2000}).toBe(true)
    await expect.poll(() => onHost('systemctl is-active corral-onboot; systemctl show -P Result corral-onboot').catch(() => ''), {timeout: 15 * 60_000, interval: 2000}).toMatch(/^inactive\nsuccess|^active/)
    expect(await onHost('qm status 100')).toContain('running')
    expect(await pidOf(100)).toMatch(/^\d+$/)
    expect(await onHost('journalctl -b -1 -u corral-guests --no-pager -q')).toMatch(/Stopped|Deactivated/)
    expect(before).toMatch(/^\d+$/)
  })

  it('loses nothing that was acknowledged when its power goes, and takes back what was under way', async () => {
    await onHost('qm create 101 --memory 32 --kvm 0 --scsi0 local:0.25,format=raw && head -c 200M /dev/urandom | dd of=$(pvesm path local:101/vm-101-disk-0.raw) bs=1M conv=notrunc,fsync status=none')
    const sum = await onHost('sha256sum < $(pvesm path local:101/vm-101-disk-0.raw)')
    await onHost('qm set 101 --name acknowledged')
    const cloning = onHost('qm clone 101 102 --full 1').catch(() => '')
    await expect.poll(() => onHost('ls /var/lib/corral/vz/images/102 2>/dev/null | wc -l').catch(() => '0'), {timeout: 10 * 60_000, interval: 200}).not.toBe('0')
    await machine.cutPower()
    await cloning
    await machine.start()
    await expect.poll(() => onHost('systemctl show -P ActiveState corral-onboot; systemctl show -P ActiveState corral-doctor').catch(() => ''), {timeout: 15 * 60_000, interval: 2000}).toMatch(/^inactive\ninactive$/)
    expect(await onHost('qm config 101')).toContain('name: acknowledged')
    expect(await onHost('sha256sum < $(pvesm path local:101/vm-101-disk-0.raw)')).toBe(sum)
    expect(await onHost('qm list')).not.toMatch(/^\s*102\b/m)
    expect(await onHost('ls -A /var/lib/corral/vz/images/102 2>/dev/null | wc -l')).toBe('0')
    expect(await onHost('corral doctor; echo $?')).toMatch(/\b0$/)
    // The one with onboot is there again.
    expect(await onHost('qm status 100')).toContain('running')
  })
})
