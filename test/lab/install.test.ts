// A host as a user makes one: the Debian package is installed on it, it is added from outside, and machines run there while the package is replaced and
// removed, while the host shuts down, and while its power goes. The host is this file's own, because it restarts.
// What is to be interrupted copies so slowly, by its own limit, that it is under way on any machine; should it be done all the same, then it has to be whole.
import {execFile, spawn} from 'node:child_process'
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

/** A host that restarts closes no connection; a busy one answers late. */
const sshWords = ['-o', 'BatchMode=yes', '-o', 'ConnectTimeout=120', '-o', 'ServerAliveInterval=30', '-o', 'ServerAliveCountMax=20']

/** A line typed in a shell on the host. */
async function onHost(line: string): Promise<string> {
  const {stdout} = await runHere('ssh', ['-F', join(lab.home, '.ssh/config'), ...sshWords, name, line], {maxBuffer: 16 * 1024 ** 2, timeout: 20 * 60_000})
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

/** A command typed elsewhere. A host has twenty seconds to answer; an emulated one on a busy machine may need more, and is asked again, as a person would do. */
async function outside(...words: string[]): Promise<string> {
  for (let tries = 1; ; tries++) {
    try {
      return await desk.must([...words, '--on', name])
    } catch (error) {
      if (tries === 10 || !(error as Error).message.includes('did not answer within')) throw error
    }
  }
}

/** A line typed on the host again and again, with 1, 2, 3… as `$i`, until it fails or the host is gone. */
function again(line: string): {readonly acknowledged: () => number; readonly ended: Promise<void>} {
  const loop = `i=1; while ${line} >/dev/null; do echo $i; i=$((i+1)); done`
  const child = spawn('ssh', ['-F', join(lab.home, '.ssh/config'), ...sshWords, name, loop], {stdio: ['ignore', 'pipe', 'ignore']})
  let told = ''
  child.stdout.on('data', (data: Buffer) => { told += data.toString() })
  // A line that was cut off in the middle is none.
  return {acknowledged: () => told.split('\n').length - 1, ended: new Promise((done) => { child.once('close', () => { done() }) })}
}

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
    expect(await onHost('systemctl list-units --failed --no-legend "corral*"')).toBe('')
    expect(await onHost('systemctl status corral-qmeventd')).toContain('Watch the virtual machines of Corral')
  })

  it('is added from outside with the agent of the package, and a machine runs there', async () => {
    await desk.must(['corral', 'host', 'add', name, '--context', 'lab'])
    await outside('qm', 'create', '100', '--name', 'witness', '--memory', '32', '--kvm', '0', '--scsihw', 'virtio-scsi-pci', '--scsi0', 'local:0.0625', '--freeze', '1', '--onboot', '1', '--startup', 'down=2')
    await outside('qm', 'start', '100')
    expect(await outside('qm', 'status', '100')).toContain('prelaunch')
    // The package's own agent: nothing was copied.
    expect(await onHost('ls /usr/local/lib/corral 2>/dev/null | wc -l')).toBe('0')
    expect(await onHost('systemctl is-active corral-100.scope')).toBe('active')
  })

  it('keeps its machines running while the package is replaced by a newer one', async () => {
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
    expect(await onHost('qm status 100')).toContain('prelaunch')
  })

  it('shuts its machines down with itself and starts those that are to run with it', async () => {
    const bootId = () => onHost('cat /proc/sys/kernel/random/boot_id').catch(() => '')
    const before = await bootId()
    const pid = await pidOf(100)
    await onHost('systemctl reboot').catch(() => undefined)
    await expect.poll(async () => [before, ''].includes(await bootId()), {timeout: 30 * 60_000, interval: 2000}).toBe(false)
    await isUp()
    expect(await onHost('qm status 100')).toContain('prelaunch')
    expect(await pidOf(100)).toMatch(/^\d+$/)
    expect(pid).toMatch(/^\d+$/)
    // It was told to end, and did not go down with the host.
    expect(await onHost('pvenode task list --output-format json')).toMatch(/"(?:qmshutdown|qmstop)"/)
  })

  const scsi0Of = async (vmid: number): Promise<string> => /^scsi0: ([^,\n]*)/m.exec(await onHost(`qm config ${vmid}`))?.[1] ?? ''
  const contentOf = (volume: string): Promise<string> => onHost(`sha256sum < $(pvesm path ${volume})`)
  const shows = (line: string, wanted: RegExp | string): Promise<void> => expect.poll(() => onHost(line).catch(() => ''), {timeout: 10 * 60_000, interval: 200}).toMatch(wanted)
  /** KiB a second: 64 MiB take half a minute. */
  const limit = 2048

  /** All that begins with the host has begun and, where it does, ended; doctor and onboot without a complaint. */
  async function isUp(): Promise<void> {
    await expect.poll(() => onHost('systemctl is-system-running || true').catch(() => ''), {timeout: 20 * 60_000, interval: 1000}).toMatch(/^(?:running|degraded)$/)
    expect(await onHost('systemctl show -P Result corral-doctor corral-onboot')).toBe('success\n\nsuccess')
  }

  async function losesPower(...underWay: readonly {readonly ended: Promise<unknown>}[]): Promise<void> {
    await machine.cutPower()
    await Promise.all(underWay.map(({ended}) => ended))
    await machine.start()
    await isUp()
  }

  /** A line whose end is waited for, or the host's. */
  function once(line: string): {readonly ended: Promise<unknown>; isDone: boolean} {
    const command = {isDone: false, ended: onHost(line).then(() => { command.isDone = true }, () => undefined)}
    return command
  }

  it('loses nothing that was acknowledged when its power goes amid a clone, a move, snapshots, allocations and writes of the configuration', async () => {
    await onHost('pvesm add dir second --path /srv/second --content images')
    for (const vmid of [101, 102]) await onHost(`qm create ${vmid} --memory 32 --kvm 0 --scsi0 local:0.0625,format=raw && head -c 60M /dev/urandom | dd of=$(pvesm path local:${vmid}/vm-${vmid}-disk-0.raw) bs=1M conv=notrunc,fsync status=none`)
    await onHost('qm create 103 --memory 32 --kvm 0 --scsi0 local:0.0625,format=qcow2')
    const [toClone, toMove] = [await contentOf('local:101/vm-101-disk-0.raw'), await contentOf('local:102/vm-102-disk-0.raw')]
    const [allocating, writing, snapshots] = [again('pvesm alloc local 100 vm-100-disk-10$i.raw 4M'), again('qm set 100 --description "write $i"'), again('qm snapshot 103 s$i')]
    await expect.poll(() => Math.min(...[allocating, writing, snapshots].map((each) => each.acknowledged())), {timeout: 20 * 60_000}).toBeGreaterThan(0)
    const [cloning, moving] = [once(`qm clone 101 111 --full 1 --bwlimit ${limit}`), once(`qm disk move 102 scsi0 second --delete 1 --bwlimit ${limit}`)]
    await shows('ls /var/lib/corral/vz/images/111 /srv/second/images/102', /raw[^]*raw/)
    await losesPower(allocating, writing, snapshots, cloning, moving)

    expect(Number(/^description: write (\d+)/m.exec(await onHost('qm config 100'))?.[1])).toBeGreaterThanOrEqual(writing.acknowledged())
    const volumes = await onHost('pvesm list local --vmid 100')
    for (let each = 1; each <= allocating.acknowledged(); each++) expect(volumes).toContain(`vm-100-disk-10${each}.raw`)

    expect(await contentOf('local:101/vm-101-disk-0.raw')).toBe(toClone)
    const isThere = /^\s*111\b/m.test(await onHost('qm list'))
    if (cloning.isDone) expect(isThere).toBe(true)
    if (isThere) expect(await contentOf(await scsi0Of(111))).toBe(toClone)
    else expect(await onHost('ls -A /var/lib/corral/vz/images/111 2>/dev/null | wc -l')).toBe('0')

    const moved = await scsi0Of(102)
    if (moving.isDone) expect(moved).toMatch(/^second:/)
    expect(await contentOf(moved)).toBe(toMove)
    expect((await onHost('pvesm list local --vmid 102; pvesm list second --vmid 102')).match(/^\w+:102\//gm)).toHaveLength(1)

    const kept = await onHost('qm listsnapshot 103')
    for (let each = 1; each <= snapshots.acknowledged(); each++) expect(kept).toMatch(new RegExp(`\\bs${each}\\b`))
    const names = (text: string) => [...text.matchAll(/\bs\d+\b/g)].map(([name]) => name).sort()
    expect(names(await onHost(`qemu-img snapshot -l -- $(pvesm path ${await scsi0Of(103)}) | awk 'NR > 2 {print $2}'`))).toEqual(names(kept))

    expect(await onHost('corral doctor')).toContain('Everything is as it should be.')
    // The one with onboot is there again.
    expect(await onHost('qm status 100')).toContain('prelaunch')
  })

  it('runs jobs at their times by a timer of systemd, and a job that fails is a unit that failed, with its log in the journal', async () => {
    await onHost('corral schedule install --systemd')
    expect(await onHost('systemctl is-active corral-schedule.timer; systemctl is-enabled corral-schedule.timer')).toBe('active\nenabled')
    await onHost('corral backup job add each-minute --schedule "*:*" --vmid 103 --storage local --compress zstd')
    const dump = '/var/lib/corral/vz/dump'
    await shows(`ls ${dump}`, /^vzdump-qemu-103-\S+\.vma\.zst$/m)
    await onHost('corral backup job remove each-minute && corral backup job add broken --schedule "*:*" --vmid 999 --storage local')
    await shows('systemctl show -P Result corral-schedule.service; journalctl -q --no-pager -u corral-schedule.service', /^exit-code\n[^]*broken/)
    await onHost('corral backup job remove broken && corral schedule remove && systemctl reset-failed corral-schedule.service')
    expect(await onHost('ls /etc/systemd/system/corral-schedule.* 2>/dev/null || true')).toBe('')
    const archive = (await onHost(`ls ${dump}/*.vma.zst`)).split('\n')[0] ?? ''
    await onHost(`qmrestore ${archive} 104 --storage second`)
    const raw = (volume: string) => onHost(`qemu-img convert -O raw $(pvesm path ${volume}) /root/copy && sha256sum </root/copy; rm -f /root/copy`)
    expect(await raw(await scsi0Of(104))).toBe(await raw(await scsi0Of(103)))
  })

  it('is left with its guests and their disks when the package is removed and purged', async () => {
    const pid = await pidOf(100)
    const disk = await onHost('pvesm path $(qm config 100 | sed -n "s/^scsi0: \\([^,]*\\).*/\\1/p")')
    await onHost('apt-get remove -y -q corral 2>&1')
    expect(await pidOf(100)).toBe(pid)
    expect(await onHost('apt-get purge -y -q corral 2>&1')).toContain('/var/lib/corral')
    expect(await pidOf(100)).toBe(pid)
    expect(await onHost(`stat -c %s ${disk}; ls -A /var/lib/corral/store | wc -l`)).toMatch(new RegExp(`^${64 * 1024 ** 2}\n[1-9]`))
    expect(await onHost('systemctl list-unit-files --no-legend "corral-*.service" "corral-*.timer"; ls -d /usr/lib/corral /var/cache/corral /var/log/corral /etc/default/corral 2>/dev/null || true')).toBe('')
  })
})
