// Entry 34: many at once, the wrong order, Ctrl-C twice, readers that go away, closed streams.
import {spawnSync} from 'node:child_process'
import {join} from 'node:path'
import {describe, expect, it} from 'vitest'
import {ConflictError} from '../../src/lib/base/index.ts'
import {isAlive, waitUntil} from '../e2e/support/installation.ts'
import {scaledCount} from '../support/rounds.ts'
import {machineRoom, storedConfig} from '../unit/guest/qemu/support/run-qm.ts'
import {expectConsistent} from './support/consistency.ts'
import {failureOf, perform, resultOf} from './support/in-process.ts'
import {expectNoFault, installation, projectRoot} from './support/program.ts'

const small = ['--kvm', '0', '--memory', '32']

describe('many at once', () => {
  it('create a hundred machines, some with a disk on the same storage', async () => {
    const place = await machineRoom()
    const context = await place.open()
    const vmids = Array.from({length: 100}, (_, index) => 100 + index)
    const withDisk = Math.min(100, scaledCount(10))
    const failures = await Promise.all(vmids.map((vmid, index) => failureOf(['qm', 'create', String(vmid), ...small, '--net0', 'virtio', ...(index < withDisk ? ['--scsi0', 'local:0.001'] : [])], context)))
    expect(failures.flatMap((failure) => failure === undefined ? [] : [failure.message])).toEqual([])
    expect((await resultOf(['qm', 'list'], context) as {vmid: number}[]).map(({vmid}) => vmid)).toEqual(vmids)
    await expectConsistent(context, 'a hundred creates')
    const addresses = await Promise.all(vmids.map(async (vmid) => /^net0: virtio=([^,]+)/m.exec(await storedConfig(vmid, context) ?? '')?.[1]))
    expect(new Set(addresses).size).toBe(100)
  }, 120_000)

  it('create one machine: exactly one of twenty processes does', async () => {
    const place = installation()
    const answers = await Promise.all(Array.from({length: 20}, () => place.call('qm', ['create', '100', ...small, '--scsi0', 'local:1'])))
    for (const answer of answers) expectNoFault(answer, 'create')
    expect(answers.filter(({code}) => code === 0), answers.map(({stderr}) => stderr).join('')).toHaveLength(1)
    expect(new Set(answers.map(({code}) => code))).toEqual(new Set([0, 6]))
    const {stdout} = await place.call('pvesm', ['list', 'local', '--output-format', 'json'])
    expect(JSON.parse(stdout)).toHaveLength(1)
  }, 120_000)

  it('change one machine: no change is lost', async () => {
    const place = await machineRoom()
    const context = await place.open()
    await perform(['qm', 'create', '100', ...small], context)
    await Promise.all(Array.from({length: 10}, (_, index) => perform(['qm', 'set', '100', `--scsi${index}`, 'local:0.001', `--net${index}`, 'virtio'], context)))
    const config = await storedConfig(100, context) ?? ''
    expect(config.match(/^scsi\d+: /gm)).toHaveLength(10)
    expect(config.match(/^net\d+: /gm)).toHaveLength(10)
    await expectConsistent(context, 'ten changes at once')
  }, 60_000)

  it('create and destroy and change the same machine: whatever wins, it is whole', async () => {
    const place = await machineRoom()
    const context = await place.open()
    for (let round = 0; round < 5; round++) {
      const commands = [['qm', 'create', '100', ...small, '--scsi0', 'local:0.001'], ['qm', 'destroy', '100'], ['qm', 'set', '100', '--scsi1', 'local:0.001']]
      await Promise.all([...commands, ...commands].map((words) => failureOf(words, context)))
      await expectConsistent(context, `round ${round}`)
    }
  }, 60_000)

  it('change it on the ground of an old state: refused', async () => {
    const context = await (await machineRoom()).open()
    await perform(['qm', 'create', '100', ...small], context)
    const {digest} = await resultOf(['qm', 'config', '100'], context) as {digest: string}
    await perform(['qm', 'set', '100', '--cores', '2', '--digest', digest], context)
    for (const stale of [digest, '0'.repeat(40), digest.toUpperCase(), 'x', '']) {
      const error = await failureOf(['qm', 'set', '100', '--cores', '3', `--digest=${stale}`], context)
      expect(['conflict', 'invalid-input'], stale).toContain(error?.kind)
    }
    expect(await failureOf(['qm', 'set', '100', '--cores', '3', '--digest', digest], context)).toBeInstanceOf(ConflictError)
    expect(await storedConfig(100, context)).toContain('cores: 2\n')
  })

  it('destroy a machine while it starts: one of them has to wait or is refused', async () => {
    const place = installation()
    await place.create(100, {options: ['--scsi0', 'local:1']})
    const [start, destroy, second] = await Promise.all([place.qm('start', '100'), place.qm('destroy', '100'), place.qm('start', '100')])
    for (const answer of [start, destroy, second]) {
      expectNoFault(answer, 'start and destroy')
      expect([0, 3, 6]).toContain(answer.code)
    }
    if (destroy.code === 0) {
      expect((await place.qm('status', '100')).code).toBe(3)
      expect(place.leftovers()).toEqual([])
    } else {
      expect([start.code, second.code].sort()).toEqual([0, 6])
      expect(await place.status(100)).toBe('status: running')
      await place.mustQm('stop', '100')
    }
  }, 60_000)
})

describe('Ctrl-C', () => {
  it('once takes a task back; twice ends the command and leaves the task alone', async () => {
    const place = installation()
    await place.create(100)
    for (const times of [1, 2]) {
      const child = place.spawn('qm', ['start', '100'])
      let stderr = ''
      child.stderr.on('data', (data: Buffer) => { stderr += data.toString() })
      const code = new Promise<number | null>((resolve) => { child.once('close', resolve) })
      await new Promise((resolve) => setTimeout(resolve, 350))
      for (let time = 0; time < times; time++) {
        child.kill('SIGINT')
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      // The first moments of a Node program are not ours to catch a signal in.
      expect([0, 130, null], stderr).toContain(await code)
      await waitUntil('tasks to end', async () => {
        const {stdout} = await place.call('pvenode', ['task', 'list', '--source', 'active', '--output-format', 'json'])
        return (JSON.parse(stdout) as unknown[]).length === 0
      }, 20_000)
      const status = await place.status(100)
      expect(['status: running', 'status: stopped']).toContain(status)
      if (status === 'status: stopped') expect(place.leftovers().filter((name) => name.startsWith('100'))).toEqual([])
      await place.mustQm('stop', '100')
    }
    expect(await place.call('corral', ['doctor'])).toMatchObject({code: 0})
  }, 90_000)

  it('ends what waits for input or for a guest', async () => {
    const place = installation()
    await place.create(100, {options: ['--freeze', '1']})
    await place.mustQm('start', '100')
    for (const words of [['monitor', '100'], ['terminal', '100'], ['wait', '100']]) {
      const child = place.spawn('qm', words)
      child.stdout.resume()
      child.stderr.resume()
      const code = new Promise<number | null>((resolve) => { child.once('exit', resolve) })
      await new Promise((resolve) => setTimeout(resolve, 900))
      child.kill('SIGINT')
      expect([130, null], words.join(' ')).toContain(await code)
    }
    await place.mustQm('stop', '100')
  }, 60_000)
})

describe('streams that go away', () => {
  const shell = (root: string, line: string) => spawnSync('bash', ['--norc', '-c', line], {
    env: {PATH: `${join(projectRoot, 'bin')}:${process.env['PATH'] ?? ''}`, CORRAL_ROOT: root, LC_ALL: 'C.UTF-8'}, encoding: 'utf8', timeout: 60_000, input: '',
  })

  it('do not cut a change off', async () => {
    const place = installation()
    const lines = [
      `qm create 100 --kvm 0 --memory 32 --scsi0 local:1 2>&1 | head -c 0; echo \${PIPESTATUS[0]}`,
      'qm set 100 --cores 2 2>&1 | true; echo ${PIPESTATUS[0]}',
      'qm set 100 --sockets 2 >&- 2>&-; echo $?',
      'qm set 100 --onboot 1 <&- >&- 2>&-; echo $?',
    ]
    for (const line of lines) {
      const {stdout, status} = shell(place.root, line)
      expect(status, line).toBe(0)
      expect(stdout.trim(), line).toBe('0')
    }
    const config = await place.mustQm('config', '100')
    for (const key of ['cores: 2', 'sockets: 2', 'onboot: 1', 'scsi0: local:100/vm-100-disk-0.raw,size=1G']) expect(config).toContain(key)
  }, 60_000)

  it('do not make a reading command hang or crash', () => {
    const place = installation()
    for (const line of ['qm help create | head -1 >/dev/null; echo ${PIPESTATUS[0]}', 'qm list >&- 2>&-; echo $?', 'yes | qm list >/dev/null; echo $?', 'pvesm status <&- | true; echo ${PIPESTATUS[0]}']) {
      const {stdout, stderr} = shell(place.root, line)
      expect(stdout.trim(), `${line}: ${stderr}`).toMatch(/^0$/)
      expect(stderr).not.toMatch(/\n\s+at /)
    }
    for (const line of ['qm status 100 2>&-; echo $?', 'qm list >/dev/full 2>/dev/full; echo $?']) expect(shell(place.root, line).stdout.trim(), line).toMatch(/^[37]$/)
  }, 60_000)

  it('do not end a worker: it goes on when the terminal closes', async () => {
    const place = installation()
    await place.create(100)
    const child = place.spawn('qm', ['start', '100'])
    child.stdout.destroy()
    child.stderr.destroy()
    child.stdin.destroy()
    await new Promise((resolve) => setTimeout(resolve, 400))
    child.kill('SIGKILL')
    await waitUntil('the guest to run', async () => (await place.status(100)) === 'status: running', 20_000).catch(async () => { await place.mustQm('start', '100') })
    expect(isAlive(place.pidOf(100))).toBe(true)
    await place.mustQm('stop', '100')
  }, 60_000)
})
