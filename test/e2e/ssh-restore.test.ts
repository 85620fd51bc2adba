// A machine out of a backup that is streamed to a host through a context: over a real SSH server. What breaks off leaves nothing.
import {execFileSync} from 'node:child_process'
import {randomBytes} from 'node:crypto'
import {existsSync, readFileSync, readdirSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {vmaArchive} from '../support/vma-archive.ts'
import {openSshDesk} from './support/ssh-desk.ts'
import type {SshDesk} from './support/ssh-desk.ts'

let desk: SshDesk

beforeAll(async () => { desk = await openSshDesk() }, 120_000)
afterAll(() => desk.close(), 60_000)

/** Types a command with that on its standard input. */
function type(program: string, words: readonly string[], input: Buffer = Buffer.alloc(0)): Promise<{code: number | null; stdout: string; stderr: string}> {
  const child = desk.type(program, words)
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (data: Buffer) => { stdout += data.toString() })
  child.stderr.on('data', (data: Buffer) => { stderr += data.toString() })
  child.stdin.end(input)
  return new Promise((done) => { child.once('close', (code) => { done({code, stdout, stderr}) }) })
}

test('becomes a machine on the host, compressed or not', async () => {
  const disk = randomBytes(3 * 1024 ** 2)
  const archive = vmaArchive({configs: [{name: 'qemu-server.conf', text: 'memory: 64\nname: web\nscsi0: local:100/vm-100-disk-0.raw,size=3M\n#qmdump#map:scsi0:drive-scsi0:local:raw:\n'}], disks: [{name: 'drive-scsi0', data: disk}]})
  const images = join(desk.host.root, 'lib/vz/images')
  for (const [vmid, input] of [['200', archive], ['201', execFileSync('zstd', ['-q', '-c'], {input: archive, maxBuffer: 16 * 1024 ** 2})]] as const) {
    const restored = await type('qmrestore', ['-', vmid], input)
    expect(restored, restored.stderr).toMatchObject({code: 0})
    expect((await type('qm', ['config', vmid])).stdout).toMatch(/^name: web$/m)
    expect(readFileSync(join(images, vmid, `vm-${vmid}-disk-0.raw`)).equals(disk)).toBe(true)
  }
  const cut = await type('qmrestore', ['-', '202'], archive.subarray(0, 1024 ** 2))
  expect([cut.code, /^Error: .*(?:damaged|ends|cut off)/m.test(cut.stderr)], cut.stderr).toEqual([2, true])
  const dry = await type('qmrestore', ['-', '202', '--dry-run'], archive)
  expect(dry.stderr).toMatch(/A dry run of what comes on standard input is made on the host itself/)
  expect(readdirSync(images).filter((name) => existsSync(join(images, name)) && readdirSync(join(images, name)).length > 0)).toEqual(['200', '201'])
}, 240_000)
