// Starts that cannot succeed, and starts whose worker dies: each says what is wrong, and nothing is left of any.
import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {Installation, waitUntil} from './support/installation.ts'

const installation = new Installation()
const vmid = 200

beforeAll(async () => {
  writeFileSync(join(installation.root, 'broken.qcow2'), Buffer.alloc(1024 * 1024, 'not an image '))
  await installation.create(vmid, {options: ['--scsi1', 'local:1']})
})
afterAll(() => installation.close())

async function expectNothingLeft(): Promise<void> {
  expect(await installation.status(vmid)).toBe('status: stopped')
  expect(installation.leftovers()).toEqual([])
}

describe('a start that cannot succeed', () => {
  it('names the bridge that is missing, with the command that makes it, and touches nothing', async () => {
    await installation.mustQm('set', String(vmid), '--net0', 'virtio,bridge=nobridge0')
    const {code, stderr} = await installation.qm('start', String(vmid))
    expect(code).toBe(3)
    expect(stderr).toContain("there is no bridge 'nobridge0' on this host (net0)")
    expect(stderr).toContain('ip link add name nobridge0 type bridge && ip link set nobridge0 up')
    await expectNothingLeft()
    await installation.mustQm('set', String(vmid), '--delete', 'net0')
  })

  it.each([
    ['serial1', ['--serial1', '/dev/ttyThatIsNotThere']],
    ['args', ['--args', '-device no-such-device,id=x']],
    ['scsi0', ['--scsi0', `${installation.root}/broken.qcow2,format=qcow2`]],
  ])('names the key %s that QEMU refuses', async (key, options) => {
    await installation.mustQm('set', String(vmid), ...options)
    const {code, stderr, tookMs} = await installation.qm('start', String(vmid))
    expect(stderr).toContain(`QEMU did not start virtual machine 200 because of '${key}': `)
    expect(stderr).not.toContain('timeout')
    expect(code).toBe(5)
    expect(tookMs).toBeLessThan(20_000)
    await expectNothingLeft()
    await installation.mustQm('set', String(vmid), '--delete', key)
  })

  it('gives the end of what QEMU said', async () => {
    const {code, stderr} = await installation.qm('start', String(vmid), '--force-cpu', 'no-such-cpu')
    expect(code).toBe(5)
    expect(stderr).toMatch(/because of 'cpu': .*no-such-cpu/)
    await expectNothingLeft()
  })

  it('changes nothing with --dry-run', async () => {
    const {code, stdout} = await installation.qm('start', String(vmid), '--dry-run')
    expect(code).toBe(0)
    expect(stdout).toMatch(/qemu-system-\S+ .*-pidfile \S+\/200\.pid -daemonize/)
    await expectNothingLeft()
  })
})

describe('a start whose worker is killed', () => {
  // As many records and steps as the plan of such a guest has; one more, and the worker is not killed at all.
  const points = [
    ...[1, 2].map((count) => ['CORRAL_TEST_STOP_AFTER_RECORD', count] as const),
    ...[1, 2, 3, 4, 5].map((count) => ['CORRAL_TEST_STOP_AFTER_STEP', count] as const),
  ]

  it.each(points)('at %s=%i is undone by whoever comes next', async (variable, count) => {
    const killed = await installation.call('qm', ['start', String(vmid)], {env: {[variable]: String(count)}})
    expect(killed.code).not.toBe(0)
    const doctor = await installation.call('corral', ['doctor'])
    expect(doctor.stdout + doctor.stderr).toContain('qm start 200')
    await expectNothingLeft()
    await installation.mustQm('start', String(vmid))
    expect(await installation.status(vmid)).toBe('status: running')
    await installation.mustQm('stop', String(vmid))
    await expectNothingLeft()
  })

  it('has no more points than those', async () => {
    await installation.call('qm', ['start', String(vmid)], {env: {CORRAL_TEST_STOP_AFTER_RECORD: '3', CORRAL_TEST_STOP_AFTER_STEP: '6'}})
    expect(await installation.status(vmid)).toBe('status: running')
    await installation.mustQm('stop', String(vmid))
  })

  it('while QEMU comes up is undone, whatever QEMU has done by then', async () => {
    // Killed at moments spread over the time that a start takes.
    for (const delayMs of [150, 300, 450, 600]) {
      const child = installation.spawn('qm', ['start', String(vmid), '--async'])
      await new Promise((resolve) => { child.once('close', resolve) })
      await new Promise((resolve) => setTimeout(resolve, delayMs))
      installation.killWorkers()
      await installation.call('corral', ['doctor'])
      const status = await installation.status(vmid)
      if (status === 'status: running') await installation.mustQm('stop', String(vmid))
      await waitUntil('nothing to be left', () => installation.leftovers().length === 0, 3_000)
    }
  })
})

describe('a stop whose worker is killed', () => {
  it.each([1, 2, 3, 4])('after step %i is finished by whoever comes next', async (count) => {
    await installation.mustQm('start', String(vmid))
    const killed = await installation.call('qm', ['stop', String(vmid)], {env: {CORRAL_TEST_STOP_AFTER_STEP: String(count)}})
    expect(killed.code).not.toBe(0)
    await installation.call('corral', ['doctor'])
    await expectNothingLeft()
    expect((await installation.call('corral', ['doctor'])).stdout).toBe('Everything is as it should be.\n')
  })
})

describe('a forced shutdown whose worker is killed', () => {
  it.each([1, 2, 3, 4])('after step %i is finished by whoever comes next', async (count) => {
    await installation.mustQm('start', String(vmid))
    const words = ['shutdown', String(vmid), '--timeout', '1', '--forceStop', '1']
    const killed = await installation.call('qm', words, {env: {CORRAL_TEST_STOP_AFTER_STEP: String(count)}})
    expect(killed.code).not.toBe(0)
    await installation.call('corral', ['doctor'])
    await expectNothingLeft()
    expect((await installation.call('corral', ['doctor'])).stdout).toBe('Everything is as it should be.\n')
  })
})

describe('a worker killed after its only record', () => {
  it.each(['stop', 'reboot'])('of %s leaves nothing that comes to pass later', async (command) => {
    await installation.mustQm('start', String(vmid))
    const killed = await installation.call('qm', [command, String(vmid)], {env: {CORRAL_TEST_STOP_AFTER_RECORD: '1'}})
    expect(killed.code).not.toBe(0)
    await installation.call('corral', ['doctor'])
    // A stop is finished; a reboot is taken back, so that a later end of the guest is no restart.
    expect(await installation.status(vmid)).toBe(command === 'stop' ? 'status: stopped' : 'status: running')
    if (command === 'reboot') await installation.mustQm('stop', String(vmid))
    await expectNothingLeft()
    expect(await installation.status(vmid)).toBe('status: stopped')
  })
})

describe('leftovers', () => {
  it('of a QEMU that is gone do not stop the next start, and a PID file of somebody else is not believed', async () => {
    await installation.mustQm('start', String(vmid))
    await installation.mustQm('stop', String(vmid))
    // The number of a process that lives and is not this guest: our own.
    writeFileSync(join(installation.runDir, '200.pid'), `${process.pid}\n`)
    writeFileSync(join(installation.runDir, '200.qmp'), '')
    expect(await installation.status(vmid)).toBe('status: stopped')
    await installation.mustQm('start', String(vmid))
    expect(installation.pidOf(vmid)).not.toBe(process.pid)
    await installation.mustQm('stop', String(vmid))
    await expectNothingLeft()
  })
})
