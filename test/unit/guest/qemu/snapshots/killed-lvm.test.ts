// A stopped machine on a chain of logical volumes (snapshot-as-volume-chain of type lvm) whose snapshot, rollback or removal of a snapshot is killed: after every
// journal record or step, and between the calls of lvm2 within a step. The next command leaves it done or not begun; the bytes of the disk say which. With the
// real lvm2 in a world of its own. Each call of it costs much there, so one machine is used for all, and only long runs (CORRAL_TEST_SCALE) come to every point: others
// kill after the first record or step, and at the calls of lvm2 between which a disk has no name or two.
import {spawn} from 'node:child_process'
import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterEach, describe, expect, it, vi} from 'vitest'
import {parseQemuConfig} from '../../../../../src/lib/guest/qemu/config/index.ts'
import {readJournals} from '../../../../../src/lib/tasks/journal.ts'
import type {Context} from '../../../../../src/lib/tasks/index.ts'
import {builtProgram} from '../../../../support/built.ts'
import {scaledCount} from '../../../../support/rounds.ts'
import type {LoopGroup} from '../../../../support/volume-group.ts'
import {volumeGroupMissing, volumeGroupOnLoop} from '../../../../support/volume-group.ts'
import type {Installation} from '../../../tasks/demo/installation.ts'
import {machineRoom, qm, storedConfig} from '../support/run-qm.ts'

const disk = 'vm-100-disk-0.qcow2'
const snapshotVolume = 'snap_vm-100-disk-0_first.qcow2'
const reason = volumeGroupMissing()

interface Scene {
  readonly command: 'snapshot' | 'rollback' | 'delsnapshot'
  /** How it begins, whatever became of it before. */
  readonly begin: (machine: Machine) => Promise<void>
  /** A plan that is taken back has its points after its records, one that is finished after its steps. */
  readonly killedAfter: 'RECORD' | 'STEP'
  /** The calls of lvm2 after which it is killed, each counted from the beginning of the command. */
  readonly calls: readonly string[]
  readonly isDone: (text: string) => boolean
  /** Whether what was written after the snapshot is on the disk. */
  readonly hasLater: (isDone: boolean) => boolean
}

interface Machine {
  readonly place: Installation
  readonly context: Context
  readonly group: LoopGroup
  readonly volumes: () => Promise<string[]>
  /** What qemu-io says to these commands, on the disk. */
  readonly disk: (...commands: readonly string[]) => Promise<string>
}

afterEach(() => { vi.unstubAllEnvs() })

async function machineOnChain(group: LoopGroup): Promise<Machine> {
  for (const [name, value] of Object.entries(group.env)) vi.stubEnv(name, value)
  const place = await machineRoom()
  const context = await place.open()
  await context.store.commit({put: {'storage.cfg': `lvm: chain\n\tvgname ${group.group}\n\tcontent images\n\tsnapshot-as-volume-chain 1\n`}})
  await qm('create', {vmid: 100, name: 'sooner', scsi0: 'chain:0.0078125,format=qcow2'}, context)
  return {
    place, context, group,
    volumes: async () => (await context.host.run(['lvs', '--noheadings', '-o', 'lv_name', '--', group.group])).stdout.split('\n').map((line) => line.trim()).filter((line) => line !== '').sort(),
    disk: async (...commands) => (await context.host.run(['qemu-io', ...commands.flatMap((command) => ['-c', command]), '-f', 'qcow2', '--', `/dev/${group.group}/${disk}`])).stdout,
  }
}

async function inProcess({place, group}: Machine, command: string, env: Readonly<Record<string, string>>): Promise<{signal: string | null; code: number | null; stderr: string}> {
  const program = await builtProgram('test/unit/guest/qemu/support/run-one.ts')
  const child = spawn(process.execPath, [program, `qm ${command}`, JSON.stringify({vmid: 100, snapname: 'first'})], {
    env: {PATH: process.env['PATH'], ...group.env, CORRAL_ROOT: place.root, CORRAL_NODE: 'h1', ...env}, stdio: ['ignore', 'ignore', 'pipe'],
  })
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => { stderr += chunk.toString() })
  return new Promise((resolve) => { child.once('close', (code, signal) => { resolve({code, signal, stderr}) }) })
}

/** The next command clears up first; then all is done or nothing is. @returns whether it is done */
async function expectWhole(machine: Machine, scene: Scene, about: string): Promise<boolean> {
  const {context} = machine
  await qm('set', {vmid: 100, onboot: false}, context)
  expect(await readJournals(context.store), about).toEqual([])
  const text = await storedConfig(100, context) ?? ''
  const {current, snapshots} = parseQemuConfig(text)
  expect(current.values['lock'], about).toBeUndefined()
  for (const section of Object.values(snapshots)) expect(section.values['snapstate'], about).toBeUndefined()
  expect(await machine.volumes(), about).toEqual([...Object.keys(snapshots).map(() => snapshotVolume), disk])
  const isDone = scene.isDone(text)
  const held = await machine.disk('read -P 0x11 0 1M', `read -P ${scene.hasLater(isDone) ? '0x22' : '0'} 1M 1M`)
  expect(held, about).not.toContain('verification failed')
  expect(held.match(/^read \d+\/\d+ bytes/gm), about).toHaveLength(2)
  return isDone
}

const hasSnapshot = (text: string): boolean => /^\[first\]$/m.test(text)
const takeSnapshot = async ({context}: Machine): Promise<void> => {
  if (!hasSnapshot(await storedConfig(100, context) ?? '')) await qm('snapshot', {vmid: 100, snapname: 'first'}, context)
}

const scenes: readonly Scene[] = [
  {
    command: 'snapshot', killedAfter: 'RECORD', calls: ['lvrename 1'],
    begin: async ({context}) => { if (hasSnapshot(await storedConfig(100, context) ?? '')) await qm('delsnapshot', {vmid: 100, snapname: 'first'}, context) },
    isDone: hasSnapshot, hasLater: () => false,
  },
  {
    command: 'rollback', killedAfter: 'STEP', calls: ['lvremove 1'],
    begin: async (machine) => {
      await takeSnapshot(machine)
      if (/^name: later$/m.test(await storedConfig(100, machine.context) ?? '')) return
      await machine.disk('write -P 0x22 1M 1M')
      await qm('set', {vmid: 100, name: 'later'}, machine.context)
    },
    isDone: (text) => !/^name: later$/m.test(text.split('\n[')[0] ?? ''), hasLater: (isDone) => !isDone,
  },
  {
    command: 'delsnapshot', killedAfter: 'STEP', calls: ['lvremove 1'],
    begin: async (machine) => {
      await takeSnapshot(machine)
      await machine.disk('write -P 0x22 1M 1M')
    },
    isDone: (text) => !hasSnapshot(text), hasLater: () => true,
  },
]

describe.skipIf(reason !== undefined)(`killed on a chain of logical volumes${reason === undefined ? '' : ` (not tried: ${reason})`}`, () => {
  it('a snapshot, a rollback and a removal of a stopped machine are done or not begun', async () => {
    const group = await volumeGroupOnLoop({withDevices: true, sizeBytes: 64 * 1024 ** 2})
    try {
      const machine = await machineOnChain(group)
      await machine.disk('write -P 0x11 0 1M')
      for (const scene of scenes) {
        const variable = `CORRAL_TEST_STOP_AFTER_${scene.killedAfter}`
        let kills = 0
        for (let isAlive = false; !isAlive && (kills === 0 || scaledCount(1) > 1); kills += isAlive ? 0 : 1) {
          const about = `${scene.command}, ${scene.killedAfter} ${kills + 1}`
          expect(kills, about).toBeLessThan(20)
          await scene.begin(machine)
          const end = await inProcess(machine, scene.command, {[variable]: String(kills + 1)})
          isAlive = end.signal === null
          if (isAlive) expect(end, about).toMatchObject({code: 0, stderr: ''})
          const isDone = await expectWhole(machine, scene, about)
          if (isAlive) expect(isDone, about).toBe(true)
        }
        expect(kills, scene.command).toBeGreaterThan(0)
        for (const call of scene.calls) {
          await scene.begin(machine)
          writeFileSync(join(group.folder, 'kill-at'), call)
          expect((await inProcess(machine, scene.command, {})).signal, `${scene.command}, ${call}`).toBe('SIGKILL')
          await expectWhole(machine, scene, `${scene.command}, ${call}`)
        }
      }
      await qm('destroy', {vmid: 100}, machine.context)
      expect(await machine.volumes()).toEqual([])
    } finally {
      await group.close()
    }
  }, 1_800_000)
})
