// Machines that write numbered blocks all the time, backed up and restored on several types of storage: what comes back is all disks as they were at the one moment of the freeze, and each
// block whole. With a real QEMU and, for RBD, a real Ceph cluster on the loopback, opened by QEMU's own driver. LVM-thin and ZFS are the lab's.
import {execFileSync} from 'node:child_process'
import {mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs'
import {join, resolve} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import type {CephCluster} from '../support/ceph-cluster.ts'
import {missingForCeph, pool, startCeph} from '../support/ceph-cluster.ts'
import {momentOf, twiceEverywhere, writingGuestIso, writtenDiskGib} from '../support/writing-guest.ts'
import {whileTargetStandsStill} from './support/archive-writer.ts'
import {Installation, waitUntil} from './support/installation.ts'
import {overSsh} from './support/over-ssh.ts'
import {ProbedMachine} from './support/probed-machine.ts'

const elsewhere = overSsh() ? 'the disks are on another host' : undefined
const withoutCeph = elsewhere ?? missingForCeph()
if (withoutCeph !== undefined) console.log(`backups under writes${elsewhere === undefined ? ' on RBD' : ''}: skipped, because ${withoutCeph}`)

const installation = new Installation()
const dump = join(installation.root, 'lib/vz/dump')
const raw = join(installation.root, 'raw')
/** A part of each disk that is there before, so that reading takes its time. */
const filledMib = 8
const limitMs = 400_000
let cluster: CephCluster | undefined

beforeAll(() => {
  const isos = join(installation.root, 'lib/vz/template/iso')
  mkdirSync(isos, {recursive: true})
  writeFileSync(join(isos, 'writer.iso'), writingGuestIso())
})
afterAll(async () => {
  await installation.close()
  await cluster?.close()
}, limitMs)

async function must(tool: string, ...words: readonly string[]): Promise<string> {
  const {code, stdout, stderr} = await installation.call(tool, words, {timeoutMs: 300_000})
  expect(code, `${tool} ${words.join(' ')}: ${stderr}`).toBe(0)
  return stdout
}

/** How often each disk of a machine was written. */
async function writes(vmid: number): Promise<number[]> {
  const drives = await new ProbedMachine(installation, vmid).ask('query-blockstats') as {qdev?: string; stats: {wr_operations: number}}[]
  return ['scsi0', 'virtio1'].map((disk) => drives.find(({qdev}) => qdev?.split('/').includes(disk) === true)?.stats.wr_operations ?? Number.NaN)
}

interface Place {
  readonly storage: string
  readonly vmid: number
  /** Options of the two disks. */
  readonly formats: readonly [string, string]
  /** A disk of a machine that does not run, as bytes. */
  readonly read: (vmid: number, disk: number) => Promise<Buffer>
}

/** Backs up while it writes, restores beside it, and looks at both. */
async function expectOneMoment({storage, vmid, formats, read}: Place): Promise<void> {
  const twin = vmid + 1
  const disk = (index: 0 | 1): string => `${storage}:${writtenDiskGib}${formats[index]}`
  await installation.create(vmid, {options: [
    '--scsihw', 'virtio-scsi-single', '--scsi0', `${disk(0)},iothread=1`, '--virtio1', disk(1), '--ide2', 'local:iso/writer.iso,media=cdrom', '--boot', 'order=ide2;scsi0;virtio1',
  ]})
  const machine = new ProbedMachine(installation, vmid)
  await installation.mustQm('start', String(vmid))
  for (let mebibyte = 0; mebibyte < filledMib; mebibyte++) await machine.write(mebibyte + 1, mebibyte)
  await waitUntil('each place to be written', async () => (await writes(vmid)).every((count) => count > twiceEverywhere), 120_000)

  const before = await writes(vmid)
  const wrote = async (): Promise<number> => Math.min(...(await writes(vmid)).map((count, index) => count - (before[index] ?? 0)))
  const call = installation.call('vzdump', [String(vmid), '--storage', 'local', '--mode', 'snapshot', '--compress', '0', '--bwlimit', '2048'], {timeoutMs: 300_000})
  // Behind the moment of the freeze, while the disks are read, each place is written anew.
  const {code, stderr} = await whileTargetStandsStill(dump, call, async () => {
    const already = await wrote()
    await waitUntil('each place to be written anew', async () => await wrote() > already + twiceEverywhere, 240_000)
  })
  expect(code, stderr).toBe(0)
  const after = await writes(vmid)
  const archive = join(dump, readdirSync(dump).find((name) => name.startsWith(`vzdump-qemu-${vmid}-`) && name.endsWith('.vma')) ?? '')
  await must('qmrestore', archive, String(twin), '--unique')
  await installation.mustQm('stop', String(vmid))

  const restored = [await read(twin, 0), await read(twin, 1)]
  const frozen = momentOf(restored)
  // Of the writes to the first disk, the filling was not the guest's.
  expect(frozen).toBeGreaterThanOrEqual((before[0] ?? 0) - filledMib)
  expect(frozen).toBeLessThan((after[0] ?? 0) - filledMib - twiceEverywhere)
  expect([restored[0]?.[0], restored[0]?.[filledMib * 1024 ** 2 - 1], restored[0]?.[filledMib * 1024 ** 2]]).toEqual([1, filledMib, 0])
  // The machine itself went on, to an end of its own.
  expect(momentOf([await read(vmid, 0), await read(vmid, 1)])).toBeGreaterThanOrEqual((after[0] ?? 0) - filledMib)

  const folder = join(installation.root, `taken-apart-${vmid}`)
  mkdirSync(folder)
  execFileSync('python3', [resolve(import.meta.dirname, '../support/vma-reader.py'), archive, folder])
  for (const [index, name] of ['drive-scsi0.raw', 'drive-virtio1.raw'].entries()) expect(readFileSync(join(folder, name)).equals(restored[index] ?? Buffer.alloc(0)), name).toBe(true)
  for (const each of [vmid, twin]) await installation.mustQm('destroy', String(each))
  expect(installation.leftovers()).toEqual([])
}

describe.runIf(elsewhere === undefined)('a machine that writes is backed up as it was at one moment', () => {
  it('on a directory, with disks in two formats', async () => {
    const name = (vmid: number, index: number): string => `${vmid}/vm-${vmid}-disk-${index}.${index === 0 ? 'qcow2' : 'raw'}`
    await expectOneMoment({storage: 'local', vmid: 100, formats: [',format=qcow2', ',format=raw'], read: (vmid, index) => {
      execFileSync('qemu-img', ['convert', '-O', 'raw', join(installation.root, 'lib/vz/images', name(vmid, index)), raw])
      return Promise.resolve(readFileSync(raw))
    }})
  }, limitMs)

  it.runIf(withoutCeph === undefined)('on RBD', async () => {
    const ceph = await startCeph()
    cluster = ceph
    const keyring = join(installation.root, 'keyring')
    writeFileSync(keyring, ceph.keyring, {mode: 0o600})
    await must('pvesm', 'add', 'rbd', 'ceph', '--monhost', ceph.monitors, '--pool', pool, '--keyring', keyring, '--content', 'images')
    await expectOneMoment({storage: 'ceph', vmid: 110, formats: ['', ''], read: async (vmid, index) => {
      rmSync(raw, {force: true})
      await ceph.run(['rbd', 'export', '--no-progress', `${pool}/vm-${vmid}-disk-${index}`, raw])
      return readFileSync(raw)
    }})
    expect(await ceph.run(['rbd', 'ls', pool])).toBe('')
  }, limitMs)
})
