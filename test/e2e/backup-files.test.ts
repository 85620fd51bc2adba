// Single files out of backups that vzdump has made of a machine with partitions and real file systems, as typed by a user, also on a host over SSH. What is killed in the middle leaves nothing.
import {execFileSync} from 'node:child_process'
import {createHash, randomBytes} from 'node:crypto'
import {mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {makeDiskImage} from '../support/disk-image.ts'
import {Installation} from './support/installation.ts'

const installation = new Installation()
const folder = mkdtempSync('/tmp/cf-')
const temporary = join(folder, 'tmp')
const content = randomBytes(5_000_000)
const volumes: Record<string, string> = {}
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

async function must(tool: string, ...words: readonly string[]): Promise<string> {
  const {code, stdout, stderr} = await installation.call(tool, words, {timeoutMs: 300_000})
  if (code !== 0) throw new Error(`${tool} ${words.join(' ')} ended with ${code}: ${stderr}`)
  return stdout
}

function files(...words: readonly string[]): Promise<string> {
  return must('corral', 'backup', 'files', ...words, '--mount', '--tmpdir', temporary)
}

beforeAll(async () => {
  const tree = join(folder, 'tree')
  mkdirSync(tree)
  mkdirSync(temporary)
  writeFileSync(join(tree, 'large'), content)
  writeFileSync(join(tree, 'small'), 'small\n')
  makeDiskImage(join(folder, 'disk.raw'), 'gpt', [{type: 'ext4', sizeMib: 24, from: tree}, {type: 'xfs', sizeMib: 300, from: tree}])
  await installation.create(100, {options: ['--scsi0', `local:0,import-from=${join(folder, 'disk.raw')}`]})
  await must('pvesm', 'add', 'restic', 'kept', '--path', join(installation.root, 'repository'), '--password', 'a word')
  await must('vzdump', '100', '--compress', 'zstd', '--storage', 'local')
  await must('vzdump', '100', '--storage', 'kept')
  const backups = JSON.parse(await must('corral', 'backup', 'list', '100', '--output-format', 'json')) as {volid: string}[]
  volumes['archive'] = backups.find(({volid}) => volid.endsWith('.vma.zst'))?.volid ?? ''
  volumes['repository'] = backups.find(({volid}) => volid.startsWith('kept:'))?.volid ?? ''
}, 600_000)
afterAll(async () => {
  await installation.close()
  rmSync(folder, {recursive: true, force: true})
}, 60_000)

describe.each(['archive', 'repository'])('files of a machine in an %s', (kind) => {
  it('are listed, and come out with the checksums that they had', async () => {
    const volume = volumes[kind] ?? ''
    const partitions = JSON.parse(await must('corral', 'backup', 'files', 'list', volume, '/scsi0', '--output-format', 'json')) as unknown
    expect(partitions).toMatchObject([{path: '/scsi0/1', holds: 'ext4'}, {path: '/scsi0/2', holds: 'xfs'}])
    expect(await must('corral', 'backup', 'files', 'list', volume, '/scsi0')).toMatch(/partition +\d+ +- +\/scsi0\/1 +ext4/)
    for (const partition of [1, 2]) {
      const list = await files('list', volume, `/scsi0/${partition}`)
      expect(list).toMatch(new RegExp(`file +5000000 .*/scsi0/${partition}/large`))
      const target = join(folder, `${kind}-${partition}`)
      await files('extract', volume, `/scsi0/${partition}/large`, '--target', target)
      expect(sha256(readFileSync(join(target, 'large')))).toBe(sha256(content))
    }
    expect((await files('extract', volume, '/scsi0/1/small')).includes('small\n')).toBe(true)
    expect(readdirSync(temporary)).toEqual([])
  }, 600_000)

  it('leave nothing when the command is killed', async () => {
    for (let round = 0; round < 6; round++) {
      const child = installation.spawn('corral', ['backup', 'files', 'list', volumes[kind] ?? '', '/scsi0/2', '--mount', '--recursive', '--tmpdir', temporary])
      const ended = new Promise((done) => { child.once('close', done) })
      await new Promise((done) => setTimeout(done, 300 + round * 500))
      child.kill('SIGKILL')
      await ended
      // What ends a kept connection's work on the host takes a moment, as does the kernel's unmounting.
      await expect.poll(loopFiles, {timeout: 20_000, interval: 200}).not.toContain('corral-scratch')
      expect(readdirSync(temporary)).toEqual([])
    }
  }, 600_000)
})

function loopFiles(): string {
  return execFileSync('losetup', ['--list', '--noheadings', '--output', 'BACK-FILE'], {encoding: 'utf8', timeout: 60_000})
}
