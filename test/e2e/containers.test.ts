// Containers on the LXC of this machine: two on a bridge in a network namespace that the test makes, and templates that mean harm. Over SSH they are left
// out, since their files are looked at here.
import {execFileSync} from 'node:child_process'
import {createHash, randomBytes} from 'node:crypto'
import {existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {gzipSync} from 'node:zlib'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {waitingInit, writeTemplate} from '../support/container-template.ts'
import {tarArchive} from '../support/tar-archive.ts'
import {Installation, waitUntil} from './support/installation.ts'
import {overSsh} from './support/over-ssh.ts'

const namespace = `cc${process.pid}`
// LXC looks for bridges in /sys, which has to be that of the namespace; `ip netns exec` would take the control groups out of sight.
const withOwnSys = 'mount -t tmpfs tmpfs /mnt && mkdir /mnt/c && mount --rbind /sys/fs/cgroup /mnt/c && mount -t sysfs sysfs /sys && mount --rbind /mnt/c /sys/fs/cgroup && umount -l /mnt && exec "$@"'
const installation = new Installation(['nsenter', `--net=/run/netns/${namespace}`, 'unshare', '--mount', '--propagation', 'slave', 'sh', '-c', withOwnSys, 'sh'], '/tmp/cc-')
const images = join(installation.root, 'lib/vz/images')
const templates = join(installation.root, 'lib/vz/template/cache')
const isMapped = existsSync('/etc/subuid') && /^root:100000:65536$/m.test(readFileSync('/etc/subuid', 'utf8')) && /^root:100000:65536$/m.test(readFileSync('/etc/subgid', 'utf8'))
const why = overSsh() ? 'the files of the containers are on another host' : isMapped ? undefined : 'root has no range 100000:65536 in /etc/subuid and /etc/subgid'
if (why !== undefined) console.log(`containers: skipped, because ${why}`)

const ip = (...words: string[]) => execFileSync('ip', ['-netns', namespace, ...words], {encoding: 'utf8', timeout: 10_000})
const pct = (...words: string[]) => installation.call('pct', words)

async function must(...words: string[]): Promise<string> {
  const answer = await pct(...words)
  if (answer.code !== 0) throw new Error(`pct ${words.join(' ')} ended with ${answer.code}: ${answer.stderr}`)
  return answer.stdout
}

beforeAll(() => {
  execFileSync('ip', ['netns', 'add', namespace], {timeout: 10_000})
  ip('link', 'add', 'name', 'vmbr7', 'type', 'bridge')
  ip('link', 'set', 'vmbr7', 'up', 'mtu', '1400')
  writeTemplate(join(templates, 'small.tar.gz'))
})

afterAll(async () => {
  for (const vmid of ['401', '402', '403']) await pct('stop', vmid)
  await installation.close()
  execFileSync('ip', ['netns', 'delete', namespace], {timeout: 10_000})
})

describe.skipIf(why !== undefined)('two unprivileged containers', () => {
  it('are made in a folder and in an image, owned by their own users', async () => {
    await must('create', '401', 'local:vztmpl/small.tar.gz', '--rootfs', 'local:0', '--hostname', 'first.example.org', '--net0', 'name=eth0,bridge=vmbr7,ip=10.98.0.1/24', '--password', 'secret1', '--timezone', 'host')
    await must('create', '402', 'local:vztmpl/small.tar.gz', '--rootfs', 'local:0.05', '--mp0', 'local:0.05,mp=/srv/data', '--net0', 'name=eth0,bridge=vmbr7,ip=10.98.0.2/24')
    expect(await must('config', '401')).toMatch(/^ostype: debian$/m)
    const root = join(images, '401/subvol-401-disk-0.subvol')
    expect(readFileSync(join(root, 'etc/hostname'), 'utf8')).toBe('first\n')
    expect(readFileSync(join(root, 'etc/network/interfaces'), 'utf8')).toContain('address 10.98.0.1/24')
    expect(readFileSync(join(root, 'etc/shadow'), 'utf8')).toMatch(/^root:\$5\$/)
    expect(execFileSync('stat', ['-c', '%u:%g', join(root, 'etc/hostname')], {encoding: 'utf8'}).trim()).toBe('100000:100000')
  })

  it('start, and run commands with their own exit codes and bytes', async () => {
    await must('start', '401')
    await must('start', '402')
    expect(await must('list')).toMatch(/^401 +running +first\.example\.org/m)
    expect((await pct('exec', '401', '--', 'sh', '-c', 'exit 7')).code).toBe(7)
    expect(await must('exec', '401', '--', 'sh', '-c', 'id -u; hostname; cat /run/up')).toBe('0\nfirst.example.org\nstarted\n')
    const bytes = Buffer.from([...Array(256).keys()])
    const child = installation.spawn('pct', ['exec', '401', 'cat'])
    const chunks: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.stdin.end(bytes)
    expect(await new Promise((done) => child.once('close', done))).toBe(0)
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true)
    expect((await pct('start', '401')).code).toBe(6)
  })

  it('reach each other over the bridge, whose MTU they have', async () => {
    for (const [vmid, address] of [['401', '10.98.0.1/24'], ['402', '10.98.0.2/24']] as const) await must('exec', vmid, '--', 'sh', '-c', `ip address add ${address} dev eth0 && ip link set eth0 up`)
    expect(await must('exec', '401', '--', 'ping', '-c', '1', '-w', '10', '10.98.0.2')).toContain('1 packets received')
    const pairs = JSON.parse(ip('-json', 'link', 'show', 'master', 'vmbr7')) as {ifname: string; mtu: number}[]
    expect(pairs.map(({ifname, mtu}) => `${ifname} ${mtu}`).sort()).toEqual(['veth401i0 1400', 'veth402i0 1400'])
  })

  it('keep what is written to a mount point, and show nothing of it on the host', async () => {
    await must('exec', '402', '--', 'sh', '-c', 'echo kept >/srv/data/x')
    expect(readFileSync('/proc/self/mounts', 'utf8')).not.toContain('/402/')
    await must('shutdown', '402')
    // Files reach a container that does not run, also below a mount point; nothing stays mounted.
    const [source, back] = [join(installation.root, 'source'), join(installation.root, 'back')]
    const bytes = randomBytes(2 * 1024 * 1024 + 5)
    writeFileSync(source, bytes)
    await must('push', '402', source, '/srv/data/pushed', '--perms', '0640', '--group', '7')
    await must('pull', '402', 'srv/data/x', back)
    expect(readFileSync(back, 'utf8')).toBe('kept\n')
    expect(await must('df', '402')).toMatch(/^mp0 +local:402\/vm-402-disk-1\.raw .* \/srv\/data *$/m)
    expect(readFileSync('/proc/self/mounts', 'utf8')).not.toContain('/402/')
    await must('start', '402')
    expect(await must('exec', '402', '--', 'cat', '/srv/data/x')).toBe('kept\n')
    const hash = (data: Buffer) => createHash('sha256').update(data).digest('hex')
    expect(await must('exec', '402', '--', 'sh', '-c', 'sha256sum </srv/data/pushed && stat -c "%u %g %a" /srv/data/pushed')).toBe(`${hash(bytes)}  -\n0 7 640\n`)
    // And one that runs, whose links lead nowhere else.
    await must('exec', '402', '--', 'sh', '-c', `echo secret >/run/inside && ln -s ${source} /tmp/out && ln -s /run/inside /tmp/in`)
    expect([(await pct('pull', '402', '/tmp/out', back)).code, readFileSync(back, 'utf8')]).toEqual([3, 'kept\n'])
    await must('pull', '402', '/tmp/in', back)
    expect(readFileSync(back, 'utf8')).toBe('secret\n')
    await must('push', '402', back, '/tmp/out', '--user', 'root')
    expect(readFileSync(source).equals(bytes)).toBe(true)
    await must('pull', '402', '/srv/data/pushed', back, '--perms', '600')
    expect(hash(readFileSync(back))).toBe(hash(bytes))
  })

  it('take changes at their next start, and are gone without a trace', async () => {
    await must('set', '402', '--memory', '64', '--delete', 'mp0')
    expect(await must('pending', '402')).toMatch(/^del mp0/m)
    await must('stop', '402')
    expect(await must('config', '402')).toMatch(/^unused0: local:402\/vm-402-disk-1\.raw$/m)
    await must('stop', '401')
    for (const vmid of ['401', '402']) await must('destroy', vmid)
    expect(readdirSync(images)).toEqual([])
    expect(readdirSync(join(installation.root, 'run/lxc')).filter((name) => !name.endsWith('.log'))).toEqual([])
    expect(ip('-o', 'link', 'show', 'type', 'veth')).toBe('')
    expect(execFileSync('losetup', ['--list', '--noheadings', '--output', 'BACK-FILE'], {encoding: 'utf8'})).not.toContain(installation.root)
  })
})

describe.skipIf(why !== undefined)('what goes wrong', () => {
  it('a start that fails says why, and leaves nothing behind', async () => {
    await must('create', '403', 'local:vztmpl/small.tar.gz', '--rootfs', 'local:0', '--entrypoint', '/bin/nothing')
    const answer = await pct('start', '403')
    expect(answer.code).toBe(7)
    expect(answer.stderr).toContain('container 403 did not start: its first process could not be run: /bin/nothing does not exist in the container')
    expect(await must('status', '403')).toBe('status: stopped\n')
    await must('destroy', '403')
  })

  it('an entrypoint has the words that its quotes make, and the variables that are given; a start with --debug names its log', async () => {
    await must('create', '404', 'local:vztmpl/small.tar.gz', '--rootfs', 'local:0', '--entrypoint', '/bin/sh -c "echo $A two  words >/root/said; exec /bin/sleep 1000"', '--env', 'A=one')
    expect(await pct('start', '404', '--debug')).toMatchObject({code: 0, stderr: expect.stringContaining(`LXC's log of this start: ${join(installation.root, 'run/lxc/404.log')}`) as string})
    await waitUntil('the first process to speak', async () => (await pct('exec', '404', '--', 'cat', '/root/said')).stdout === 'one two words\n', 60_000)
    await must('stop', '404')
    await must('set', '404', '--entrypoint', '/bin/sh -c "x')
    expect(await pct('start', '404')).toMatchObject({code: 2, stderr: expect.stringContaining("'entrypoint' has a quote without its end") as string})
    await must('destroy', '404')
  })

  it('templates that mean harm write nothing outside, and what is refused is taken back', async () => {
    const victim = join(installation.root, 'victim')
    mkdirSync(victim, {mode: 0o777})
    writeFileSync(join(victim, 'file'), 'as it was', {mode: 0o666})
    execFileSync('chmod', ['-R', 'a+rwX', victim])
    const template = (name: string, entries: Parameters<typeof tarArchive>[0]) => writeFileSync(join(templates, `${name}.tar.gz`), gzipSync(tarArchive([{name: 'etc/', type: '5'}, {name: 'etc/debian_version', data: '12.4\n'}, ...entries])))
    template('links', [
      {name: 'out', type: '2', link: victim}, {name: 'out/file', data: 'harm'}, {name: 'up', type: '2', link: '../../../../../../../victim'}, {name: 'up/file', data: 'harm'},
      {name: 'etc/hostname', type: '2', link: join(victim, 'file')}, {name: 'etc/network', type: '2', link: victim},
    ])
    template('dots', [{name: '../../../../../victim/file', data: 'harm'}, {name: `${victim}/file`, data: 'harm'}, {name: 'etc/../../../../victim/file', data: 'harm'}])
    template('hardlink', [{name: 'file', type: '1', link: join(victim, 'file')}, {name: 'file', data: 'harm'}])
    template('device', [{name: 'disk', type: '4', patch: {329: '0000376\x000000000\0'}}])
    template('twice', [{name: 'etc/debian_version', type: '2', link: join(victim, 'file')}, {name: 'etc/debian_version', data: 'harm'}])
    for (const name of ['links', 'dots', 'hardlink', 'device', 'twice']) {
      const answer = await pct('create', '403', `local:vztmpl/${name}.tar.gz`, '--rootfs', 'local:0', '--hostname', 'harmless', '--net0', 'name=eth0,ip=dhcp')
      expect(readFileSync(join(victim, 'file'), 'utf8'), name).toBe('as it was')
      expect(readdirSync(victim), name).toEqual(['file'])
      if (answer.code === 0) await must('destroy', '403')
      expect(existsSync(join(images, '403')), name).toBe(false)
    }
  })

  it('an archive that holds more than there is room for is refused, and taken back', async () => {
    writeTemplate(join(templates, 'large.tar.gz'), {init: waitingInit, change: (tree) => { writeFileSync(join(tree, 'zeros'), Buffer.alloc(40 * 1024 * 1024)) }})
    const answer = await pct('create', '403', 'local:vztmpl/large.tar.gz', '--rootfs', 'local:0.01')
    expect([answer.code, answer.stderr]).toEqual([7, expect.stringMatching(/too small|more than the/)])
    expect(existsSync(join(images, '403'))).toBe(false)
  })
})
