// Snapshots that are files of their own (snapshot-as-volume-chain) of machines that run, with a real QEMU: taken, with the memory as well, and removed
// in the middle of the chain; and a command that is killed at any point leaves the machine running, its disk whole and nothing beside it.
import {chmodSync, mkdirSync, readdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {Installation, waitUntil} from './support/installation.ts'
import {overSsh} from './support/over-ssh.ts'
import {ProbedMachine} from './support/probed-machine.ts'

const installation = new Installation()
const machine = new ProbedMachine(installation, 100)
const vmid = '100'
const disk = 'vm-100-disk-0.qcow2'

beforeAll(async () => {
  const chain = join(installation.root, 'chain')
  expect(await installation.call('pvesm', ['add', 'dir', 'chain', '--path', chain, '--content', 'images', '--snapshot-as-volume-chain', '1'])).toMatchObject({code: 0})
  await installation.create(100, {options: ['--scsihw', 'virtio-scsi-pci', '--scsi0', 'chain:0.02,format=qcow2', '--virtio1', 'chain:0.02,format=qcow2']})
  await installation.mustQm('start', vmid)
}, 120_000)
afterAll(() => installation.close(), 60_000)

const files = () => readdirSync(join(installation.root, 'chain/images/100')).sort()
const both = (name: string) => [0, 1].map((number) => `snap-${name}-vm-100-disk-${number}.qcow2`)
const disks = [disk, 'vm-100-disk-1.qcow2']

const isRunning = async () => expect(await machine.ask('query-status')).toMatchObject({status: 'running'})
const nodesBeyond = async () => ((await machine.ask('query-named-block-nodes', {flat: true})) as {'node-name': string}[]).map((node) => node['node-name']).filter((name) => /^c[ofst]-/.test(name))

describe('a machine that runs', () => {
  it('has snapshots taken and removed, the middle one too, and reads what it wrote', async () => {
    await machine.write(1, 0)
    await installation.mustQm('snapshot', vmid, 'one')
    await machine.write(2, 1)
    await installation.mustQm('snapshot', vmid, 'two')
    expect(files()).toEqual([...both('one'), ...both('two'), ...disks])
    await machine.write(3, 0)
    await installation.mustQm('snapshot', vmid, 'three', '--vmstate', '1')
    await machine.write(4, 2)
    await isRunning()
    await installation.mustQm('delsnapshot', vmid, 'two')
    await machine.expectHeld(3, 2, 4)
    expect(files()).toEqual([...both('one'), ...both('three'), ...disks, 'vm-100-state-three.raw'])
  })

  it('goes back to one with its memory, on which it goes on', async () => {
    await installation.mustQm('rollback', vmid, 'three')
    await isRunning()
    await machine.expectHeld(3, 2, 0)
    await installation.mustQm('delsnapshot', vmid, 'three')
    await installation.mustQm('delsnapshot', vmid, 'one')
    await machine.expectHeld(3, 2, 0)
    expect(files()).toEqual(disks)
  })
})

describe('a command that is killed', () => {
  /** The commands of the host after which the worker is killed: when it prepared the file, gave it both names, and gave the new one the disk's. */
  const standIn = (at: number) => {
    const bin = join(installation.root, `bin-${at}`)
    mkdirSync(bin)
    writeFileSync(join(bin, 'sync'), `#!/bin/sh\necho x >> ${bin}/count\n[ $(wc -l < ${bin}/count) = ${at} ] && kill -9 "$PPID"\nexec /usr/bin/sync "$@"\n`)
    chmodSync(join(bin, 'sync'), 0o755)
    return `${bin}:${process.env['PATH'] ?? ''}`
  }
  const faults: readonly (readonly [string, () => Record<string, string>])[] = [
    ...[2, 3].map((k) => [`record ${k}`, () => ({CORRAL_TEST_STOP_AFTER_RECORD: String(k)})] as const),
    ...[4].map((k) => [`step ${k}`, () => ({CORRAL_TEST_STOP_AFTER_STEP: String(k)})] as const),
    // A host that is reached over SSH has a PATH of its own.
    ...(overSsh() ? [] : [2, 4, 5]).map((k) => [`sync ${k}`, () => ({PATH: standIn(k)})] as const),
  ]

  it('leaves the machine running on whole disks and nothing beside them, wherever it was taking a snapshot', async () => {
    await machine.write(5, 3)
    for (const [what, env] of faults) {
      const killed = await installation.call('qm', ['snapshot', vmid, 'cut'], {env: env()})
      expect(killed.code, what).not.toBe(0)
      const doctor = await installation.call('corral', ['doctor'])
      expect(doctor, `${what}: ${doctor.stderr}`).toMatchObject({code: 0})
      await waitUntil('the machine to run', async () => ((await machine.ask('query-status')) as {status: string}).status === 'running', 30_000)
      expect([what, ...files()]).toEqual([what, ...disks])
      expect(await installation.mustQm('config', vmid)).not.toMatch(/lock|parent/)
      await machine.write(6, 4)
      await machine.expectHeld(3, 2, 0, 5, 6)
    }
  })

  it('is gone on with, where it was removing one', async () => {
    for (const k of ['1', '2']) {
      await installation.mustQm('snapshot', vmid, 'going')
      await machine.write(7, 2)
      expect((await installation.call('qm', ['delsnapshot', vmid, 'going'], {env: {CORRAL_TEST_STOP_AFTER_STEP: k}})).code).not.toBe(0)
      const doctor = await installation.call('corral', ['doctor'])
      expect(doctor, doctor.stderr).toMatchObject({code: 0})
      await isRunning()
      expect(files()).toEqual(disks)
      await machine.expectHeld(3, 2, 7, 5)
    }
    expect((await nodesBeyond()).length).toBeLessThanOrEqual(4)
    await installation.mustQm('stop', vmid)
    await installation.mustQm('destroy', vmid)
    expect(readdirSync(join(installation.root, 'chain/images'))).toEqual([])
  })
})
