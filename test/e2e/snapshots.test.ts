// Snapshots of a guest that runs, with its memory and without, and its suspension to disk, with a real QEMU and a counter that runs in the guest.
import {readdirSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {GuestConsole} from './support/console.ts'
import {Installation} from './support/installation.ts'

const installation = new Installation()
const vmid = '100'

beforeAll(async () => {
  await installation.addIso()
  await installation.create(100, {boots: true, options: ['--virtio0', 'local:0.1,format=qcow2', '--virtio1', 'local:0.1,format=qcow2']})
  await installation.mustQm('start', vmid)
})
afterAll(() => installation.close())

const images = () => readdirSync(join(installation.root, 'lib/vz/images/100')).sort()
const disks = ['vm-100-disk-0.qcow2', 'vm-100-disk-1.qcow2']

/** A look into the guest over its console. */
async function inGuest<T>(work: (console: GuestConsole) => Promise<T>): Promise<T> {
  const console = new GuestConsole(installation, 100)
  await console.waitForGuest()
  try {
    return await work(console)
  } finally {
    await console.leave()
  }
}

const count = () => inGuest(async (console) => Number(/^\d+/m.exec(await console.run('cat /tmp/count'))?.[0]))
const word = () => inGuest(async (console) => /^[a-z]+$/m.exec(await console.run('dd if=/dev/vda bs=16 count=1 2>/dev/null; echo; dd if=/dev/vdb bs=16 count=1 2>/dev/null | tr -d "\\0"'))?.[0])
const write = (text: string) => inGuest((console) => console.run(`for d in vda vdb; do printf '%-15s\\n' ${text} | tr ' ' '\\0' | dd of=/dev/$d bs=16 count=1 conv=fsync 2>/dev/null; done`))

describe('a guest that counts', () => {
  it('goes back to a snapshot with its memory, and goes on counting from there', async () => {
    await inGuest((console) => console.run('i=0; (while :; do i=$((i+1)); echo $i > /tmp/count.new; mv /tmp/count.new /tmp/count; sleep 0.1; done) & true'))
    await write('before')
    const atSnapshot = await count()
    expect(await installation.mustQm('snapshot', vmid, 'counting', '--vmstate', '1', '--description', 'while it counts')).toBe('')
    expect(images()).toEqual([...disks, 'vm-100-state-counting.raw'])
    await write('after')
    await new Promise((resolve) => { setTimeout(resolve, 4_000) })
    const later = await count()
    expect(later).toBeGreaterThan(atSnapshot + 20)
    expect(await word()).toBe('after')
    // Changes of the configuration that came later are not in the way of the state.
    await installation.mustQm('set', vmid, '--memory', '256', '--machine', 'q35')
    const pidBefore = installation.pidOf(100)
    await installation.mustQm('rollback', vmid, 'counting')
    expect(installation.pidOf(100)).not.toBe(pidBefore)
    const back = await count()
    expect(back).toBeGreaterThanOrEqual(atSnapshot)
    expect(back).toBeLessThan(later)
    expect(await word()).toBe('before')
    expect(await count()).toBeGreaterThan(back)
    expect(await installation.mustQm('config', vmid)).toMatch(/^memory: 192$/m)
  })

  it('is taken while it runs, without its memory', async () => {
    const pid = installation.pidOf(100)
    await installation.mustQm('snapshot', vmid, 'disks')
    expect(installation.pidOf(100)).toBe(pid)
    expect(await installation.mustQm('listsnapshot', vmid)).toMatch(/^`-> counting +\S+ \S+ {2}while it counts \(with RAM\)\n {2}`-> disks +\S+ \S+\n {4}`-> current +You are here!\n$/)
    await installation.mustQm('delsnapshot', vmid, 'disks')
    await installation.mustQm('delsnapshot', vmid, 'counting')
    expect(images()).toEqual(disks)
    expect(await installation.mustQm('config', vmid)).not.toMatch(/parent|lock/)
  })

  it('is suspended to disk, and goes on counting when it is started', async () => {
    const before = await count()
    await installation.mustQm('suspend', vmid, '--todisk', '1')
    expect(await installation.status(100)).toBe('status: stopped')
    expect(await installation.mustQm('config', vmid)).toMatch(/^lock: suspended$/m)
    expect(images().filter((name) => name.includes('-state-'))).toHaveLength(1)
    expect((await installation.qm('set', vmid, '--memory', '256')).stderr).toContain('is locked (suspended)')
    await installation.mustQm('start', vmid)
    const after = await count()
    expect(after).toBeGreaterThanOrEqual(before)
    expect(after).toBeLessThan(before + 300)
    expect(await installation.mustQm('config', vmid)).not.toMatch(/vmstate|lock|running/)
    expect(images()).toEqual(disks)
  })

  it('boots anew when the suspension is given up', async () => {
    await installation.mustQm('suspend', vmid, '--todisk', '1')
    await installation.mustQm('unlock', vmid)
    const {stderr, code} = await installation.qm('start', vmid)
    expect({code, stderr}).toMatchObject({code: 0, stderr: expect.stringContaining('boots anew') as string})
    expect(images()).toEqual(disks)
    await installation.mustQm('stop', vmid)
    await installation.mustQm('destroy', vmid)
    expect(installation.leftovers()).toEqual([])
  })
})
