// A container in a container, on the LXC of this machine: LXC itself is run inside, with the host's programs and libraries, which are a mount point that can only be
// read. Over SSH it is left out, since it looks at this machine.
import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {writeTemplate} from '../support/container-template.ts'
import {Installation} from './support/installation.ts'
import {overSsh} from './support/over-ssh.ts'

const installation = new Installation([], '/tmp/cn-')
const isMapped = ['/etc/subuid', '/etc/subgid'].every((path) => existsSync(path) && /^root:100000:65536$/m.test(readFileSync(path, 'utf8')))
const why = overSsh() ? 'the files of the containers are on another host' : isMapped ? undefined : 'root has no range 100000:65536 in /etc/subuid and /etc/subgid'
if (why !== undefined) console.log(`nested containers: skipped, because ${why}`)

const lxc = (program: string, words: string) => `/usr/bin/${program} -P /var/lib/lxc -n inner ${words}`
const innerConfig = ['lxc.rootfs.path = dir:/inner', 'lxc.rootfs.mount = /mnt/root', 'lxc.uts.name = inner', 'lxc.apparmor.profile = unconfined', 'lxc.mount.auto = proc:rw sys:rw', 'lxc.net.0.type = empty']
/** What the inner one says of itself: its name, its first process, who it is, that it has processes of its own, and what it may mount. */
const answers = 'hostname; cat /proc/1/cmdline; echo; id -u; /bin/busybox ps | /bin/busybox grep -c "/sbin/init$"; mount -t tmpfs tmpfs /run && echo mounted'

async function must(...words: string[]): Promise<string> {
  const answer = await installation.call('pct', words)
  if (answer.code !== 0) throw new Error(`pct ${words.join(' ')} ended with ${answer.code}: ${answer.stderr}${answer.stdout}`)
  return answer.stdout
}

const inside = (script: string) => must('exec', '521', '--', 'sh', '-c', script)

beforeAll(() => {
  mkdirSync(join(installation.root, 'lib/vz/template/cache'), {recursive: true})
  writeTemplate(join(installation.root, 'lib/vz/template/cache/small.tar.gz'), {change: (tree) => {
    for (const folder of ['usr', 'mnt/root', 'var/lib/lxc', 'inner/bin', 'inner/sbin', 'inner/proc', 'inner/sys', 'inner/dev', 'inner/run']) mkdirSync(join(tree, folder), {recursive: true})
    writeFileSync(join(tree, 'inner.conf'), `${innerConfig.join('\n')}\n`)
    writeFileSync(join(tree, 'inner/sbin/init'), '#!/bin/sh\ntrap "exit 0" PWR TERM\nwhile :; do sleep 1 & wait; done\n', {mode: 0o755})
  }})
})

afterAll(async () => {
  await installation.call('pct', ['stop', '521'])
  await installation.close()
})

describe.skipIf(why !== undefined)('a container in an unprivileged one', () => {
  it('runs, apart from the outer one', async () => {
    await must('create', '521', 'local:vztmpl/small.tar.gz', '--rootfs', 'local:0', '--mp0', '/usr,mp=/usr,ro=1', '--memory', '256', '--swap', '0', '--features', 'nesting=1')
    await must('start', '521')
    await inside('ln -s usr/lib /lib; ln -s usr/lib64 /lib64; for name in busybox sh cat sleep hostname id mount; do /bin/busybox cp -P /bin/$name /inner/bin/; done')
    await inside(lxc('lxc-start', '-f /inner.conf'))
    expect(await inside(lxc('lxc-attach', `--rcfile=/inner.conf -- /bin/sh -c '${answers}'`))).toBe('inner\n/bin/sh\0/sbin/init\0\n0\n1\nmounted\n')
    expect(await inside('cat /proc/self/uid_map')).toMatch(/^ +0 +100000 +65536$/m)
    await inside(lxc('lxc-stop', '--kill'))
    await must('shutdown', '521')
    expect(await must('status', '521')).toBe('status: stopped\n')
  })

  it('ends with the outer one', async () => {
    await must('start', '521')
    await inside(lxc('lxc-start', '-f /inner.conf'))
    await must('stop', '521')
    expect(await must('status', '521')).toBe('status: stopped\n')
    await must('destroy', '521')
  })
})
