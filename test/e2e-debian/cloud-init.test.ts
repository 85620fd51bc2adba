// A real Debian guest takes what its drive for cloud-init says, in the forms of NoCloud and of a config drive; and it sees a drive that is
// written anew while it runs.
import {execFileSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {GuestConsole} from '../e2e/support/console.ts'
import {Installation} from '../e2e/support/installation.ts'
import {createDebianGuest, debianBootLimitMs} from '../support/debian-guest.ts'

const installation = new Installation()
const work = mkdtempSync('/tmp/ci-')
const keyFile = join(work, 'key')
let publicKey = ''

beforeAll(async () => {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'desk "of: joe', '-f', keyFile])
  publicKey = readFileSync(`${keyFile}.pub`, 'utf8').trim()
  const snippets = join(installation.root, 'lib/vz/snippets')
  mkdirSync(snippets, {recursive: true})
  writeFileSync(join(snippets, 'vendor.yaml'), '#cloud-config\nwrite_files:\n  - {path: /etc/from-vendor, content: corral}\n')
  for (const [vmid, form] of [[100, 'nocloud'], [101, 'configdrive2']] as const) {
    await createDebianGuest(installation, vmid, [
      '--name', `web${vmid}`, '--ide2', 'local:cloudinit', '--citype', form, '--net0', 'virtio', '--ciuser', 'joe', '--cipassword', 'the password', '--ciupgrade', '0',
      ...(vmid === 100 ? ['--cicustom', 'vendor=local:snippets/vendor.yaml'] : []),
      '--sshkeys', `${keyFile}.pub`, '--ipconfig0', 'ip=192.0.2.10/24,gw=192.0.2.1', '--nameserver', '192.0.2.53', '--searchdomain', 'example.org',
    ])
  }
})

afterAll(async () => {
  await installation.close()
  rmSync(work, {recursive: true, force: true})
})

async function booted(vmid: number): Promise<GuestConsole> {
  await installation.mustQm('start', String(vmid))
  const console = new GuestConsole(installation, vmid)
  await console.waitForGuest(debianBootLimitMs)
  expect(await console.run('cloud-init status --wait', debianBootLimitMs)).toContain('status: done')
  return console
}

/** Everything that the settings ask for, found in the guest. */
async function expectApplied(vmid: number, console: GuestConsole): Promise<void> {
  expect(await console.run('hostname --fqdn')).toContain(`web${vmid}.example.org`)
  expect(await console.run('cat /home/joe/.ssh/authorized_keys')).toContain(publicKey)
  const hash = /^cipassword: (\S+)/m.exec(readStored(vmid))?.[1] ?? 'none is stored'
  expect(await console.run('grep ^joe: /etc/shadow')).toContain(`joe:${hash}:`)
  expect(await console.run('ip -4 -o address show scope global')).toContain('192.0.2.10/24')
  expect(await console.run('ip -4 route show default')).toContain('via 192.0.2.1')
  expect(await console.run('cat /etc/systemd/network/*cloud-init*')).toMatch(/DNS=192\.0\.2\.53/)
}

/** The configuration as the store has it: the command hides the hash. */
function readStored(vmid: number): string {
  return execFileSync('sqlite3', [join(installation.root, 'lib/store/config.db'), `select data from file where path like '%/${vmid}.conf'`], {encoding: 'utf8'})
}

describe('cloud-init in a Debian guest', () => {
  it('takes the settings of a NoCloud drive, and sees the drive that is written while it runs', async () => {
    const console = await booted(100)
    await expectApplied(100, console)
    expect(await console.run('cat /run/cloud-init/ds-identify.log /run/cloud-init/cloud-id')).toContain('nocloud')
    // A file of one's own stands beside the generated ones.
    expect(await console.run('cat /etc/from-vendor')).toContain('corral')
    await installation.mustQm('set', '100', '--ciuser', 'jim')
    expect(await installation.mustQm('cloudinit', 'pending', '100')).toMatch(/cur ciuser: joe\nnew ciuser: jim/)
    await installation.mustQm('cloudinit', 'update', '100')
    expect(await installation.mustQm('cloudinit', 'pending', '100')).toMatch(/cur ciuser: jim/)
    const user = await console.run('modprobe isofs; blockdev --flushbufs /dev/sr0; mount -o ro /dev/sr0 /mnt && cat /mnt/user-data; umount /mnt')
    expect(user).toContain('user: "jim"')
    await console.leave()
    await installation.mustQm('stop', '100')
  })

  it('takes the settings of a config drive', async () => {
    const console = await booted(101)
    await expectApplied(101, console)
    expect(await console.run('cat /run/cloud-init/cloud-id')).toContain('configdrive')
    await console.leave()
    await installation.mustQm('stop', '101')
  })
})
