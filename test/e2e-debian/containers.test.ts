// Debian with systemd in containers on the LXC of this machine, an unprivileged and a privileged one, from a template that Corral built itself: on a bridge
// in a network namespace that the test makes.
import {execFileSync} from 'node:child_process'
import {copyFileSync, existsSync, mkdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {Installation} from '../e2e/support/installation.ts'
import {overSsh} from '../e2e/support/over-ssh.ts'
import {debianTemplate} from '../support/debian-container.ts'

const namespace = `cd${process.pid}`
// LXC looks for bridges in /sys, which has to be that of the namespace; `ip netns exec` would take the control groups out of sight.
const withOwnSys = 'mount -t tmpfs tmpfs /mnt && mkdir /mnt/c && mount --rbind /sys/fs/cgroup /mnt/c && mount -t sysfs sysfs /sys && mount --rbind /mnt/c /sys/fs/cgroup && umount -l /mnt && exec "$@"'
const installation = new Installation(['nsenter', `--net=/run/netns/${namespace}`, 'unshare', '--mount', '--propagation', 'slave', 'sh', '-c', withOwnSys, 'sh'], '/tmp/cd-')
const isMapped = ['/etc/subuid', '/etc/subgid'].every((path) => existsSync(path) && /^root:100000:65536$/m.test(readFileSync(path, 'utf8')))
const why = overSsh() ? 'the files of the containers are on another host' : isMapped ? undefined : 'root has no range 100000:65536 in /etc/subuid and /etc/subgid'
if (why !== undefined) console.log(`Debian containers: skipped, because ${why}`)
const key = join(installation.root, 'key')

const inNamespace = (...words: string[]) => execFileSync('nsenter', [`--net=/run/netns/${namespace}`, ...words], {encoding: 'utf8', timeout: 60_000})
const pct = (...words: string[]) => installation.call('pct', words, {timeoutMs: 300_000})

async function must(...words: string[]): Promise<string> {
  const answer = await pct(...words)
  if (answer.code !== 0) throw new Error(`pct ${words.join(' ')} ended with ${answer.code}: ${answer.stderr}${answer.stdout}`)
  return answer.stdout
}

beforeAll(async () => {
  if (why !== undefined) return
  execFileSync('ip', ['netns', 'add', namespace], {timeout: 10_000})
  for (const words of ['link set lo up', 'link add name vmbr7 type bridge', 'address add 10.98.7.254/24 dev vmbr7', 'link set vmbr7 up']) inNamespace('ip', ...words.split(' '))
  const cache = join(installation.root, 'lib/vz/template/cache')
  mkdirSync(cache, {recursive: true})
  copyFileSync(await debianTemplate(), join(cache, 'debian.tar.zst'))
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key], {timeout: 30_000})
})

afterAll(async () => {
  if (why === undefined) for (const vmid of ['501', '502']) await pct('stop', vmid)
  await installation.close()
  if (why === undefined) execFileSync('ip', ['netns', 'delete', namespace], {timeout: 10_000})
})

describe.skipIf(why !== undefined)('containers of Debian', () => {
  const make = (vmid: string, host: string, ...options: string[]) => must('create', vmid, 'local:vztmpl/debian.tar.zst', '--rootfs', 'local:0', '--hostname', host, '--cores', '1', '--memory', '200', '--swap', '0',
    '--net0', `name=eth0,bridge=vmbr7,ip=10.98.7.${vmid.slice(2)}/24,gw=10.98.7.254`, '--password', 'secret1', '--ssh-public-keys', `${key}.pub`, ...options)

  it('are made and brought up by systemd, with no unit that failed', async () => {
    await make('501', 'first.example.org', '--features', 'nesting=1')
    await make('502', 'second', '--unprivileged', '0', '--features', 'nesting=1')
    for (const vmid of ['501', '502']) await must('start', vmid)
    for (const vmid of ['501', '502']) {
      const state = await pct('exec', vmid, '--', 'systemctl', 'is-system-running', '--wait')
      expect(`${state.stdout}${(await pct('exec', vmid, '--', 'systemctl', '--failed', '--no-legend', '--plain')).stdout}`, vmid).toBe('running\n')
    }
  })

  it('are what their configuration says: name, users, limits, identity of their own', async () => {
    expect(await must('exec', '501', '--', 'hostname', '--fqdn')).toBe('first.example.org\n')
    expect(await must('exec', '502', '--', 'hostname')).toBe('second\n')
    const identities = await Promise.all(['501', '502'].map((vmid) => must('exec', vmid, '--', 'cat', '/etc/machine-id', '/etc/ssh/ssh_host_ed25519_key.pub')))
    expect(identities[0]).toMatch(/^[0-9a-f]{32}\nssh-ed25519 /)
    expect(new Set(identities.flatMap((text) => text.split('\n').slice(0, 2))).size).toBe(4)
    expect(await must('exec', '501', '--', 'sh', '-c', 'nproc; cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null; sed -n "s/^root:\\([^:]*\\).*/\\1/p" /etc/shadow')).toMatch(new RegExp(`^1\n(?:.*\n)*${200 * 1024 ** 2}\n(?:.*\n)*\\$`))
    expect(await must('exec', '501', '--', 'cat', '/proc/self/uid_map')).toMatch(/^ +0 +100000 +65536$/m)
    expect(await must('exec', '502', '--', 'cat', '/proc/self/uid_map')).toMatch(/^ +0 +0 +4294967295$/m)
  })

  it('pass exit codes on, of signals too', async () => {
    expect((await pct('exec', '501', '--', 'sh', '-c', 'exit 7')).code).toBe(7)
    expect((await pct('exec', '502', '--', 'sh', '-c', 'kill -TERM $$')).code).toBe(143)
    expect((await pct('exec', '502', '--', '/bin/nothing')).code).toBe(127)
  })

  it('reach each other and the host, which reaches them, by ssh with the key', async () => {
    for (const [vmid, address] of [['501', '10.98.7.2'], ['502', '10.98.7.1'], ['501', '10.98.7.254']] as const) expect(await must('exec', vmid, '--', 'ping', '-c', '1', '-w', '30', address)).toContain('1 received')
    const ssh = (address: string) => inNamespace('ssh', '-F', 'none', '-i', key, '-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'LogLevel=ERROR', `root@${address}`, 'hostname')
    expect([ssh('10.98.7.1'), ssh('10.98.7.2')]).toEqual(['first\n', 'second\n'])
    expect(await must('list')).toMatch(/^501 +running/m)
  })

  it('are shut down by systemd, which ends its services first', async () => {
    const unit = ['[Service]', 'Type=oneshot', 'RemainAfterExit=yes', 'ExecStart=/bin/true', 'ExecStop=/bin/sh -c "echo ended >/var/tmp/ended"']
    for (const vmid of ['501', '502']) {
      await must('exec', vmid, '--', 'sh', '-c', `printf '%s\\n' ${unit.map((line) => `'${line}'`).join(' ')} >/run/systemd/system/told.service && systemctl start told`)
      await must('shutdown', vmid, '--timeout', '120')
      expect(await must('status', vmid)).toBe('status: stopped\n')
      await must('pull', vmid, '/var/tmp/ended', join(installation.root, `ended-${vmid}`))
      expect(readFileSync(join(installation.root, `ended-${vmid}`), 'utf8')).toBe('ended\n')
      await must('destroy', vmid)
    }
    expect(inNamespace('ip', '-o', 'link', 'show', 'type', 'veth')).toBe('')
  })
})
