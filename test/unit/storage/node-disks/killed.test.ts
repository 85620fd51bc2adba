// Creations on disks, and destructions, whose process is killed after every journal record and every step: whoever comes next finds the disk blank
// again, or the destruction finished.
import {spawn} from 'node:child_process'
import {describe, expect, it} from 'vitest'
import {readJournals} from '../../../../src/lib/tasks/journal.ts'
import {builtProgram} from '../../../support/built.ts'
import type {SimulatedRoom} from './simulated-room.ts'
import {blankMachine, simulatedRoom} from './simulated-room.ts'

async function inProcess(command: string, params: Readonly<Record<string, unknown>>, {root, folder}: SimulatedRoom, env: Readonly<Record<string, string>>): Promise<{code: number | null; signal: string | null; stderr: string}> {
  const program = await builtProgram('test/unit/storage/node-disks/run-simulated.ts')
  const child = spawn(process.execPath, [program, `corral disk ${command}`, JSON.stringify(params), folder], {
    env: {PATH: process.env['PATH'], CORRAL_ROOT: root, CORRAL_NODE: 'h1', ...env}, stdio: ['ignore', 'ignore', 'pipe'],
  })
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => { stderr += chunk.toString() })
  return new Promise((resolve) => { child.once('close', (code, signal) => { resolve({code, signal, stderr}) }) })
}

interface Scene {
  readonly command: string
  readonly params: Readonly<Record<string, unknown>>
  readonly before?: (room: SimulatedRoom) => Promise<unknown>
  /** Records of the journal: a destruction has the one with its steps. */
  readonly records: number
  readonly steps: number
}

/** Kills after the k-th record or step for each k, and gives how many there are. */
async function killEverywhere(what: 'RECORD' | 'STEP', {command, params, before}: Scene): Promise<number> {
  for (let k = 1; k < 20; k++) {
    const room = await simulatedRoom()
    await before?.(room)
    const end = await inProcess(command, params, room, {[`CORRAL_TEST_STOP_AFTER_${what}`]: String(k)})
    if (end.signal === null) {
      expect(end).toEqual({code: 0, signal: null, stderr: ''})
      return k - 1
    }
    expect(end.signal).toBe('SIGKILL')
    // It takes a disk only when nothing is on it, and the lock of the disk: whatever comes next clears up first.
    await room.run('initgpt', {disk: '/dev/sdb'})
    expect(await readJournals(room.context.store), `${what} ${k}`).toEqual([])
    expect(await room.context.store.read('storage.cfg')).toBeUndefined()
    expect(room.machine.state()).toEqual({...blankMachine, tables: {'/dev/sdb': {guid: 'R', types: {}}}})
    expect(room.machine.file('/etc/systemd/system/mnt-pve-data.mount')).toBeUndefined()
  }
  throw new Error('it does not come to its end')
}

const scenes: Readonly<Record<string, Scene>> = {
  'a volume group': {command: 'lvm create', params: {name: 'data', device: '/dev/sdb', add_storage: true}, records: 2, steps: 3},
  'a thin pool': {command: 'lvmthin create', params: {name: 'data', device: '/dev/sdb', add_storage: true}, records: 2, steps: 4},
  'a ZFS pool': {command: 'zfs create', params: {name: 'data', devices: '/dev/sdb,/dev/sdc', raidlevel: 'mirror', add_storage: true}, records: 2, steps: 2},
  'a directory': {command: 'directory create', params: {name: 'data', device: '/dev/sdb', add_storage: true}, records: 3, steps: 4},
  'the end of a ZFS pool': {
    command: 'zfs destroy', params: {name: 'data', 'cleanup-config': true, 'cleanup-disks': true}, records: 1, steps: 4,
    before: (room) => room.run('zfs create', {name: 'data', devices: '/dev/sdb,/dev/sdc', raidlevel: 'mirror', add_storage: true}),
  },
  'the end of a directory': {
    command: 'directory destroy', params: {name: 'data', 'cleanup-config': true, 'cleanup-disks': true}, records: 1, steps: 3,
    before: (room) => room.run('directory create', {name: 'data', device: '/dev/sdb', add_storage: true}),
  },
}

describe('killed after any record', () => {
  it.each(Object.entries(scenes))('%s', async (_about, scene) => {
    expect(await killEverywhere('RECORD', scene)).toBe(scene.records)
  }, 120_000)
})

describe('killed after any step', () => {
  it.each(Object.entries(scenes).filter(([about]) => /thin|directory|end of a ZFS/.test(about)))('%s', async (_about, scene) => {
    expect(await killEverywhere('STEP', scene)).toBe(scene.steps)
  }, 120_000)
})
