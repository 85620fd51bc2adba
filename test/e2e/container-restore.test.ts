// Containers from backups and images on the LXC of this machine, unprivileged ones. Over SSH they are left out, since their files are looked at here.
import {execFileSync} from 'node:child_process'
import {createReadStream, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, describe, expect, it} from 'vitest'
import {busybox, waitingInit, writeBackup} from '../support/container-template.ts'
import {ociImage} from '../support/oci-image.ts'
import {Installation} from './support/installation.ts'
import {overSsh} from './support/over-ssh.ts'

const installation = new Installation([], '/tmp/cr-')
const images = join(installation.root, 'lib/vz/images')
const isMapped = existsSync('/etc/subuid') && /^root:100000:65536$/m.test(readFileSync('/etc/subuid', 'utf8')) && /^root:100000:65536$/m.test(readFileSync('/etc/subgid', 'utf8'))
const why = overSsh() ? 'the files of the containers are on another host' : isMapped ? undefined : 'root has no range 100000:65536 in /etc/subuid and /etc/subgid'
if (why !== undefined) console.log(`container-restore: skipped, because ${why}`)

const backup = 'vzdump-lxc-100-2026_01_31-03_00_00.tar.zst'
const conf = 'hostname: restored\nmemory: 128\nmp0: local:100/vm-100-disk-1.raw,backup=1,mp=/srv/data,size=16M\nostype: debian\nrootfs: local:100/vm-100-disk-0.raw,size=40M\nunprivileged: 1\n'

async function must(...words: string[]): Promise<string> {
  const answer = await installation.call('pct', words)
  if (answer.code !== 0) throw new Error(`pct ${words.join(' ')} ended with ${answer.code}: ${answer.stderr}`)
  return answer.stdout
}

afterAll(async () => {
  for (const vmid of ['411', '412']) await installation.call('pct', ['stop', vmid])
  await installation.close()
})

describe.skipIf(why !== undefined)('a backup', () => {
  it('becomes a container that runs, with its files in its volumes and its users its own', async () => {
    writeBackup(join(installation.root, 'lib/vz/dump', backup), conf, {init: waitingInit, change: (tree) => {
      mkdirSync(join(tree, 'srv/data'))
      writeFileSync(join(tree, 'srv/data/x'), 'precious\n')
      execFileSync('chown', ['-R', '33:34', join(tree, 'srv/data')])
      execFileSync('chmod', ['2750', join(tree, 'srv/data')])
    }})
    await must('restore', '411', `local:backup/${backup}`)
    await must('start', '411')
    expect(await must('exec', '411', '--', 'sh', '-c', 'hostname; cat /srv/data/x; stat -c "%u:%g %a" /srv/data /srv/data/x')).toBe('restored\nprecious\n33:34 2750\n33:34 644\n')
    expect(await must('exec', '411', '--', 'df', '/srv/data')).toMatch(/\/srv\/data$/m)
    const answer = await installation.call('pct', ['restore', '411', `local:backup/${backup}`, '--force'])
    expect([answer.code, answer.stderr]).toEqual([6, expect.stringContaining('container 411 is running')])
  })

  it('takes the place of the container, in a folder, through standard input', async () => {
    await must('stop', '411')
    const child = installation.spawn('pct', ['restore', '411', '-', '--force', '--rootfs', 'local:0', '--hostname', 'piped'])
    let stderr = ''
    child.stderr.on('data', (chunk: Buffer) => { stderr += chunk.toString() })
    createReadStream(join(installation.root, 'lib/vz/dump', backup)).pipe(child.stdin)
    expect([await new Promise((done) => child.once('close', done)), stderr]).toEqual([0, expect.any(String)])
    expect(readdirSync(join(images, '411'))).toEqual(['subvol-411-disk-2.subvol'])
    const {uid, gid} = statSync(join(images, '411/subvol-411-disk-2.subvol/srv/data/x'))
    expect([uid, gid]).toEqual([100_033, 100_034])
    expect(await must('config', '411')).toMatch(/^hostname: piped$/m)
    await must('destroy', '411')
    expect(existsSync(join(images, '411'))).toBe(false)
  })
})

describe.skipIf(why !== undefined)('an image', () => {
  it('runs what it says, as whom it says', async () => {
    const file = join(installation.root, 'lib/vz/template/cache/app.tar')
    mkdirSync(join(file, '..'), {recursive: true})
    const mode = {100: '0000755\0'}
    writeFileSync(file, ociImage({
      layers: [
        [{name: 'bin/', type: '5', patch: mode}, {name: 'bin/busybox', data: readFileSync(busybox), patch: mode}, {name: 'bin/sh', type: '2', link: 'busybox'}, {name: 'etc/', type: '5', patch: mode}, {name: 'etc/passwd', data: 'web:x:33:33::/:\n'}, {name: 'etc/gone', data: 'x'}],
        [{name: 'etc/.wh.gone'}, {name: 'app', data: '#!/bin/sh\nexec /bin/busybox sleep 3600\n', patch: mode}],
      ],
      config: {Entrypoint: ['/app'], Env: ['A=b c', 'PATH=/bin'], User: 'web'},
    }))
    await must('create', '412', 'local:vztmpl/app.tar', '--rootfs', 'local:0')
    await must('start', '412')
    expect(await must('exec', '412', '--', '/bin/busybox', 'sh', '-c', 'busybox grep ^Uid: /proc/1/status; busybox ls /etc; busybox tr "\\0" "\\n" </proc/1/environ | busybox grep ^A=')).toMatch(/^Uid:\t33\t33\t33\t33\n(?:.*\n)*passwd\n(?:.*\n)*A=b c\n$/)
    await must('stop', '412')
    await must('destroy', '412')
  })
})
