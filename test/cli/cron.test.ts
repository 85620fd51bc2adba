// Every command as cron or a systemd unit starts it: the built program under `env -i`, without HOME, PATH, LANG and a terminal, with nothing to
// read. It works, asks nothing, and a change that worked says nothing beyond what Proxmox VE prints. The results are checked against their
// specs on the way. The commands are those of the catalog, so that a new one without a line here fails.
import {spawn, spawnSync} from 'node:child_process'
import {existsSync, readdirSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {catalog} from '../../src/lib/catalog.ts'
import {Installation} from '../e2e/support/installation.ts'
import {projectRoot} from '../hostile/support/program.ts'

const limitMs = 60_000

interface Line {
  readonly words: readonly string[]
  readonly code?: number
  /** What stands on stdout; default: nothing. */
  readonly prints?: RegExp
  /** What stands on stderr; default: nothing. */
  readonly tells?: RegExp
  /** Ends it after this long, for what goes on until somebody ends it. */
  readonly endAfterMs?: number
}

const words = (text: string) => text.split(' ').filter((word) => word !== '')

/** In the order in which they are run, in one installation. */
const scene: readonly Line[] = [
  {words: words('qm create 100 --kvm 0 --memory 32 --serial0 socket --vga none --scsi0 local:0.01'), tells: /^scsi0: successfully created 'local:100\/vm-100-disk-0.raw' .*\n$/},
  {words: words('qm list'), prints: /VMID NAME.*\n +100 VM 100 /},
  {words: words('qm create 150 --kvm 0 --memory 32 --ide2 local:cloudinit --ciuser joe'), tells: /^ide2: successfully created /},
  {words: words('qm cloudinit dump 150 user'), prints: /^user: "joe"$/m},
  {words: words('qm cloudinit pending 150'), prints: /^cur ciuser: joe$/m},
  {words: words('qm cloudinit update 150')},
  {words: words('qm destroy 150'), tells: /^removed volume /},
  {words: words('qm config 100'), prints: /^memory: 32$/m},
  {words: words('qm pending 100'), prints: /^cur memory: 32$/m},
  {words: words('qm showcmd 100'), prints: /^\/\S+qemu-system-x86_64 /},
  {words: words('qm set 100 --lock backup'), prints: /^update VM 100: -lock backup\n$/},
  {words: words('qm unlock 100')},
  {words: words('qm set 100 --scsi1 local:0.01'), prints: /^update VM 100: /},
  {words: words('qm disk unlink 100 --idlist scsi1')},
  {words: words('qm enroll-efi-keys 100'), code: 6, tells: /^Error: virtual machine 100 has no efidisk0 /},
  {words: words('qm disk rescan')},
  {words: words('qm disk resize 100 scsi0 +1M'), tells: /^scsi0 \(local:100\/vm-100-disk-0.raw\) has \S+ now\n$/},
  {words: words('qm disk import 100 local:100/vm-100-disk-0.raw local'), prints: /^unused\d: successfully imported disk 'local:100\/vm-100-disk-\d.raw'\n$/},
  {words: words('qm disk move 100 scsi0 local --format qcow2 --delete'), tells: /^scsi0: successfully created .*\ncopied .*\nremoved volume .*\n$/},
  {words: words('qm start 100')},
  {words: words('qm status 100 --verbose'), prints: /^status: running$/m},
  {words: words('qm sendkey 100 ret')},
  {words: words('qm suspend 100')},
  {words: words('qm resume 100')},
  {words: words('qm reset 100')},
  {words: words('qm monitor 100')},
  ...['cmd 100 ping', 'exec 100 -- true', 'exec-status 100 1'].map((text) => ({words: words(`qm guest ${text}`), code: 6, tells: /^Error: virtual machine 100 has no guest agent in its configuration\n/})),
  {words: words('qm guest passwd 100 root'), code: 2, tells: /^Error: standard input has no line to be taken as the new password\n/},
  // Of its own accord it ends with the guest only.
  {words: words('qm terminal 100'), endAfterMs: 2000, code: 130, prints: /(?:)/, tells: /^terminal on serial0 .*\n(?:.*\n)*Error: the operation was cancelled\n$/},
  {words: words('qm vncproxy 100'), code: 4, tells: /^Error: without a password nobody is let in: LC_PVE_TICKET is not set\n/},
  {words: words('corral spice 100'), code: 6, tells: /^Error: virtual machine 100 has no SPICE display\n/},
  {words: words('qm reboot 100 --timeout 1'), code: 7, tells: /^Error: virtual machine 100 did not shut down within 1 s$/m},
  {words: words('qm shutdown 100 --timeout 1 --forceStop 1'), tells: /^WARN: virtual machine 100 did not shut down within 1 s; it is stopped\n$/},
  {words: words('qm start 100')},
  {words: words('qm stop 100')},
  {words: words('qm cleanup 100 1 0')},
  {words: words('qm wait 100')},
  {words: words('qm create 101 --kvm 0 --memory 32 --vga none --scsi0 local:0.01,format=qcow2'), tells: /^scsi0: successfully created /},
  {words: words('qm snapshot 101 first'), tells: /^took snapshot 'first' of 'local:101\/vm-101-disk-0.qcow2'\n$/},
  {words: words('qm listsnapshot 101'), prints: /^`-> first +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\n  `-> current +You are here!\n$/},
  {words: words('qm rollback 101 first'), tells: /^'local:101\/vm-101-disk-0.qcow2' is as in snapshot 'first'\n$/},
  {words: words('qm delsnapshot 101 first'), tells: /^removed snapshot 'first' of /},
  {words: words('qm destroy 101'), tells: /^(?:removed volume .*\n)+$/},
  {words: words('qm importovf 110 /nowhere/x.ovf local'), code: 3, tells: /^Error: there is no file \/nowhere\/x\.ovf\n/},
  {words: words('qmrestore /nowhere/vzdump-qemu-100-2026_01_31-12_00_00.vma 110'), code: 3, tells: /^Error: there is no backup vzdump-qemu-100-2026_01_31-12_00_00\.vma\n/},
  {words: words('qm import 110 local:import/none.ova --storage local'), code: 3, tells: /^Error: there is no volume local:import\/none\.ova\n/},
  {words: words('corral import pve /nowhere/pve'), code: 3, tells: /^Error: there is no file or folder \/nowhere\/pve\n/},
  {words: words('pct list')},
  {words: words('pct rescan')},
  {words: words('pct cpusets'), prints: /^no running containers\n$/},
  {words: words('corral container cleanup 130')},
  {words: words('pct create 130 local:vztmpl/none.tar.zst --unprivileged 0'), code: 3, tells: /^Error: there is no volume local:vztmpl\/none\.tar\.zst\n/},
  {words: words('pct restore 130 local:backup/vzdump-lxc-130-2026_01_01-00_00_00.tar.zst'), code: 3, tells: /^Error: there is no volume local:backup\/vzdump-lxc-130-2026_01_01-00_00_00\.tar\.zst\n/},
  ...['clone', 'config', 'console', 'delsnapshot', 'destroy', 'enter', 'exec', 'listsnapshot', 'move-volume', 'pending', 'reboot', 'resize', 'resume', 'rollback', 'set', 'shutdown', 'snapshot', 'start', 'status', 'stop', 'suspend', 'template', 'unlock'].map((name) => (
    {words: words(`pct ${name} 130${{exec: ' true', set: ' --memory 64', delsnapshot: ' first', rollback: ' first', snapshot: ' first', clone: ' 131', 'move-volume': ' rootfs local', resize: ' rootfs 1G'}[name] ?? ''}`), code: 3, tells: /^Error: there is no container 130 on node 'h1'\n/}
  )),
  ...['df 130', 'fsck 130', 'fstrim 130', 'mount 130', 'pull 130 /etc/passwd /tmp/none', 'push 130 /etc/passwd /etc/passwd', 'unmount 130'].map((line) => (
    {words: words(`pct ${line}`), code: 3, tells: /^Error: there is no container 130 on node 'h1'\n/}
  )),
  {words: words('pvenode startall'), tells: /^there is no guest to be started\n$/},
  {words: words('pvenode stopall'), tells: /^no guest is running\n$/},
  {words: words('pvesm alloc local 100 vm-100-x.raw 1M'), prints: /^successfully created 'local:100\/vm-100-x.raw'\n$/},
  {words: words('pvesm path local:100/vm-100-x.raw'), prints: /^\/.*\/vm-100-x\.raw\n$/},
  {words: words('pvesm list local'), prints: /^Volid .*\n(?:.*\n)*local:100\/vm-100-x\.raw /},
  {words: words('pvesm export local:100/vm-100-x.raw raw+size STREAM')},
  {words: words('pvesm import local:100/vm-100-y.raw raw+size STREAM'), prints: /^successfully imported 'local:100\/vm-100-y\.raw'\n$/},
  {words: words('pvesm free local:100/vm-100-y.raw'), tells: /^removed volume 'local:100\/vm-100-y\.raw'\n$/},
  {words: words('pvesm free local:100/vm-100-x.raw --delay 30'), tells: /^removed volume 'local:100\/vm-100-x\.raw'\n$/},
  {words: words('corral storage upload local STREAM --content iso --filename x.iso'), prints: /^successfully uploaded 'local:iso\/x\.iso'\n$/},
  {words: words('corral storage annotate local:backup/vzdump-qemu-100-2025_01_31-12_00_00.vma --protected 1'), code: 3, tells: /^Error: there is no volume local:backup\/vzdump-/},
  {words: words('corral storage download-url local http://127.0.0.1/x.iso --content iso --filename y.iso'), code: 4, tells: /^Error: 127\.0\.0\.1 is not asked for a file: /m},
  {words: words('pvesm extractconfig local:backup/vzdump-qemu-100-2025_01_31-12_00_00.vma'), code: 3, tells: /^Error: there is no volume local:backup\/vzdump-/},
  {words: words('pveam update'), code: 7, tells: /^Error: no index of container templates is set\n/},
  {words: words('pveam available'), code: 7, tells: /^Error: no index of container templates is set\n/},
  {words: words('pveam list local'), prints: /^NAME +SIZE +\n$/},
  {words: words('pveam download local x_1_amd64.tar.gz'), code: 7, tells: /^Error: no index of container templates is set\n/},
  {words: words('corral template build debian-13 --mirror http://joe@127.0.0.1/debian'), code: 2, tells: /^Error: --mirror: this is no server that packages can be fetched from\n/},
  {words: words('pveam remove local:vztmpl/x_1_amd64.tar.gz'), code: 3, tells: /^Error: there is no volume local:vztmpl\/x_1_amd64\.tar\.gz\n/},
  {words: words('corral disk list --skipsmart'), prints: /^DEVICE +TYPE +SIZE USED .*\n/},
  {words: words('corral disk initgpt /dev/corral-has-none'), code: 3, tells: /^Error: there is no device \/dev\/corral-has-none\n/},
  {words: words('corral disk wipe /dev/corral-has-none'), code: 3, tells: /^Error: there is no device \/dev\/corral-has-none\n/},
  // What the machine has of these is its own; that they end, and refuse, is told here.
  {words: words('corral disk lvm list'), prints: /^NAME +SIZE +FREE\n/},
  {words: words('corral disk lvm create vg-of-nobody --device /dev/corral-has-none'), code: 3, tells: /^Error: there is no device \/dev\/corral-has-none\n/},
  {words: words('corral disk lvm destroy vg-of-nobody'), code: 3, tells: /^Error: the host has no volume group 'vg-of-nobody'\n/},
  {words: words('corral disk lvmthin list'), prints: /^GROUP +POOL +SIZE .*\n/},
  {words: words('corral disk lvmthin create vg-of-nobody --device /dev/corral-has-none'), code: 3, tells: /^Error: there is no device \/dev\/corral-has-none\n/},
  {words: words('corral disk lvmthin destroy pool --volume-group vg-of-nobody'), code: 3, tells: /^Error: the host has no volume group 'vg-of-nobody'\n/},
  {words: words('corral disk zfs create tank --raidlevel mirror --devices sdb,sdc'), code: 2, tells: /^Error: 'sdb' is no path of a device\n/},
  {words: words('corral disk zfs list'), ...existsSync('/dev/zfs') ? {prints: /^NAME +SIZE .*\n/} : {code: 7, tells: /^Error: (?:ZFS cannot be asked|the host's kernel has no ZFS)/}},
  {words: words('corral disk zfs status a/b'), code: 2, tells: /^Error: name: /},
  {words: words('corral disk zfs destroy a/b'), code: 2, tells: /^Error: name: /},
  {words: words('corral disk directory list'), prints: /^PATH +DEVICE +TYPE +OPTIONS +FILE *\n/},
  {words: words('corral disk directory create nobodys --device /dev/corral-has-none'), code: 3, tells: /^Error: there is no device \/dev\/corral-has-none\n/},
  {words: words('corral disk directory destroy nobodys'), code: 3, tells: /^Error: the host has no directory 'nobodys'\n/},
  {words: words('corral disk smart /dev/corral-has-none'), code: 3, tells: /^Error: there is no device \/dev\/corral-has-none\n/},
  {words: words('pvesm status'), prints: /^local +dir +active /m},
  {words: words('pvesm add dir other --path /tmp/unused-by-corral --mkdir 0 --disable 1')},
  {words: words('pvesm set other --content images')},
  {words: words('pvesm remove other')},
  {words: words('pvesm apiinfo'), prints: /^APIVER \d+\nAPIAGE \d+\n$/},
  {words: words('pvesm scan nfs nobody.invalid'), code: 7, tells: /^Error: .*nobody\.invalid/},
  {words: words('pvesm scan cifs nobody.invalid'), code: 7, tells: /^Error: .*nobody\.invalid/},
  {words: words('pvesm scan iscsi 127.0.0.1:1'), code: 7, tells: /^Error: /},
  {words: words('pvesm scan lvm'), prints: /(?:)/},
  {words: words('pvesm scan lvmthin nobodys-group'), code: 3, tells: /^Error: the host has no volume group 'nobodys-group'\n/},
  {words: words('pvesm scan zfs'), code: 7, tells: /^Error: the host cannot be asked: zfs is not installed\n/},
  {words: words('pvesm prune-backups local --keep-last 1')},
  {words: words('vzdump --stop'), tells: /^no backup is under way\n$/},
  {words: words('corral backup list')},
  {words: words('corral backup collect local'), code: 2, tells: /^Error: storage 'local' is no repository/},
  ...['show', 'verify'].map((word) => ({words: words(`corral backup ${word} local:backup/vzdump-qemu-100-2025_01_31-12_00_00.vma`), code: 3, tells: /^Error: there is no (?:volume|backup) /})),
  ...['list', 'extract'].map((word) => ({words: words(`corral backup files ${word} local:backup/vzdump-lxc-200-2025_01_31-12_00_00.tar /etc`), code: 3, tells: /^Error: there is no (?:volume|backup) /})),
  {words: words('corral backup export local:backup/vzdump-qemu-100-2025_01_31-12_00_00.vma /var/tmp/web.vma'), code: 2, tells: /^Error: .* lies in no repository/},
  {words: words('corral backup job add nightly --schedule 22:30 --vmid 100 --storage local')},
  {words: words('corral backup job set nightly --comment later')},
  {words: words('corral backup job list'), prints: /^JOB .*\nnightly 1 +22:30 +\d{4}-.* 100 +later *\n$/},
  {words: words('corral backup job show nightly'), prints: /^schedule: 22:30$/m},
  {words: words('corral backup job volumes nightly'), prints: /^100 qemu.*\n {2}\+ scsi0 /},
  {words: words('corral backup job uncovered'), prints: /(?:)/},
  {words: words('corral backup defaults'), prints: /^mode: snapshot$/m},
  {words: words('corral backup job run none'), code: 3, tells: /^Error: there is no backup job 'none'\n/},
  {words: words('corral snapshot job add hourly --schedule hourly --vmid 100 --keep-last 1')},
  {words: words('corral snapshot job set hourly --keep-last 2')},
  {words: words('corral snapshot job list'), prints: /^hourly +1 +hourly /m},
  {words: words('corral snapshot job show hourly'), prints: /^keep-last: 2$/m},
  {words: words('corral snapshot job run none'), code: 3, tells: /^Error: there is no snapshot job 'none'\n/},
  {words: words('corral schedule run')},
  {words: words('corral schedule list'), prints: /^nightly +vzdump +22:30 /m},
  {words: words('corral schedule analyze 2020-01-01'), prints: /^TIME +UTC *\n$/},
  {words: words('corral schedule install --cron --systemd'), code: 2, tells: /^Error: it is one or the other\n/},
  {words: words('corral schedule remove')},
  {words: words('corral snapshot job remove hourly')},
  {words: words('corral backup job remove nightly')},
  {words: words('pvenode task list --noborder'), prints: /^UPID:h1:.*:qmstart:100:/m},
  {words: words('pvenode task log TASK'), prints: /^TASK OK\n$/},
  {words: words('pvenode task status TASK'), prints: /^exitstatus: OK$/m},
  {words: words('corral task wait TASK'), prints: /^OK\n$/},
  {words: words('corral task stop TASK'), code: 6, tells: /^Error: the task has ended already\n/},
  {words: words('corral doctor'), prints: /^Everything is as it should be\.\n$/},
  // A user's contexts lie in their home, which nobody named.
  ...['context list', 'context use other', 'host list', 'host check', 'host add h1 192.0.2.1', 'host update h1', 'host remove h1'].map((text) => (
    {words: words(`corral ${text}`), code: 7, tells: /^Error: .*neither HOME nor XDG_CONFIG_HOME is set\n/}
  )),
  // It goes on until it is ended, or into the background where its name says so.
  {words: words('corral cpu-model create small --reported-model qemu64 --flags +aes')},
  {words: words('corral cpu-model set small --flags +pcid')},
  {words: words('corral cpu-model list'), prints: /^custom-small +qemu64 +\+pcid *$/m},
  {words: words('corral cpu-model delete small')},
  {words: words('corral autocomplete'), prints: /^bash:$/m},
  {words: words('corral autocomplete install bash'), code: 7, tells: /HOME is not set/},
  {words: words('qmeventd SOCKET'), endAfterMs: 1000, prints: /(?:)/, tells: /(?:)/},
  {words: words('qm clone 100 120 --name copy'), tells: /^scsi0: successfully created .*\ncopied .*\n$/},
  {words: words('qm template 120'), tells: /^'local:120\/vm-120-disk-0.qcow2' is the base 'local:120\/base-120-disk-0.qcow2' now\n$/},
  {words: words('qm destroy 120'), tells: /^removed volume .*\n$/},
  {words: words('qm destroy 100'), tells: /^(?:removed volume .*\n)+$/},
]

/** The command that the words name. */
function idOf(line: readonly string[]): string | undefined {
  return Object.keys(catalog.commands).filter((id) => `${line.join(' ')} `.startsWith(`${id} `)).toSorted((a, b) => b.length - a.length)[0]
}

async function asCron(place: Installation, line: readonly string[], endAfterMs?: number): Promise<{code: number | null; stdout: string; stderr: string}> {
  const [tool = '', ...rest] = line
  const child = spawn('/usr/bin/env', ['-i', `CORRAL_ROOT=${place.root}`, 'CORRAL_NODE=h1', 'CORRAL_TEST_CHECK_RESULTS=1', process.execPath, join(projectRoot, 'bin', tool), ...rest], {stdio: ['ignore', 'pipe', 'pipe']})
  const out = {stdout: '', stderr: ''}
  for (const name of ['stdout', 'stderr'] as const) child[name].on('data', (data: Buffer) => { out[name] += data.toString() })
  const timer = setTimeout(() => child.kill(endAfterMs === undefined ? 'SIGKILL' : 'SIGTERM'), endAfterMs ?? limitMs)
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  clearTimeout(timer)
  return {code, ...out}
}

test('every command has a line', () => {
  const tried = new Set(scene.map((line) => idOf(line.words)))
  const missing = Object.keys(catalog.commands).filter((id) => !tried.has(id))
  expect(missing, 'add a command line that works, with what it prints, to the scene of test/cli/cron.test.ts').toEqual([])
})

test('the scene is played without an environment', async () => {
  const place = new Installation()
  try {
    for (const {words: line, code = 0, prints = /^$/, tells = /^$/, endAfterMs} of scene) {
      const given = line.map((word) => (word === 'TASK' ? startedTask(place) : word.replace('SOCKET', join(place.root, 'other.sock')).replace('STREAM', join(place.root, 'stream'))))
      const answer = await asCron(place, given, endAfterMs)
      expect.soft(answer, given.join(' ')).toMatchObject({code, stdout: expect.stringMatching(prints) as string, stderr: expect.stringMatching(tells) as string})
    }
  } finally {
    await place.close()
  }
}, 300_000)

function startedTask(place: Installation): string {
  const found = readdirSync(join(place.root, 'log/tasks'), {recursive: true}).map(String).find((name) => /\/UPID:.*:qmstart:100:[^/]*:$/.test(name))
  if (found === undefined) throw new Error('no task has started the guest')
  return found.slice(found.lastIndexOf('/') + 1)
}

describe('what is typed for everybody', () => {
  test.each([['corral', '--version'], ['qm', 'help'], ['corral', 'help', 'tasks']])('%s %s works without an environment', (tool, ...rest) => {
    const {status, stderr, stdout} = spawnSync('/usr/bin/env', ['-i', process.execPath, join(projectRoot, 'bin', tool), ...rest], {encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe']})
    expect({status, stderr}).toEqual({status: 0, stderr: ''})
    expect(stdout).not.toBe('')
  })
})
