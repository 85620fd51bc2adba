// A guest that is paused, gets keys pressed, and shows its screen to a viewer, with a real QEMU.
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {GuestConsole} from './support/console.ts'
import {Installation, waitUntil} from './support/installation.ts'

const installation = new Installation()
const vmid = '100'

beforeAll(async () => {
  await installation.addIso()
  await installation.create(100, {boots: true})
  await installation.mustQm('start', vmid)
})
afterAll(() => installation.close())

const word = async () => /qmpstatus: (\S+)/.exec(await installation.mustQm('status', vmid, '--verbose'))?.[1]

describe('a guest', () => {
  it('stands still while it is paused, and goes on where it was', async () => {
    const console = new GuestConsole(installation, 100)
    await console.waitForGuest()
    const uptime = async () => Number(/^\s*(\d+)/m.exec(await console.run('cut -d. -f1 /proc/uptime'))?.[1])
    const before = await uptime()
    await installation.mustQm('suspend', vmid)
    expect(await word()).toBe('paused')
    await installation.mustQm('suspend', vmid)
    await new Promise((resolve) => { setTimeout(resolve, 5_000) })
    await installation.mustQm('resume', vmid)
    expect(await word()).toBe('running')
    await installation.mustQm('resume', vmid)
    // The guest's own clock stood still, whatever time passed outside.
    expect(await uptime() - before).toBeLessThan(8)
    await console.leave()
  })

  it('reboots by the keys that Linux reboots by', async () => {
    const console = new GuestConsole(installation, 100)
    await console.waitForGuest()
    await installation.mustQm('sendkey', vmid, 'ctrl-alt-delete')
    await console.waitFor(/ISOLINUX|SeaBIOS|Corral guest ready/, 60_000)
    await console.waitForGuest()
    expect(await console.run('cut -d. -f1 /proc/uptime')).toMatch(/^\s*\d{1,2}\s*$/m)
    await console.leave()
    const refused = await installation.qm('sendkey', vmid, 'ctrl-alt-delte')
    expect(refused.code).toBe(2)
    expect(refused.stderr).toContain("Did you mean 'delete'?")
  })

  it('shows its screen to a viewer with the password only', async () => {
    expect((await installation.qm('vncproxy', vmid)).code).toBe(4)
    const viewer = installation.spawn('qm', ['vncproxy', vmid], {LC_PVE_TICKET: 'secret12'})
    let seen = Buffer.alloc(0)
    viewer.stdout.on('data', (chunk: Buffer) => { seen = Buffer.concat([seen, chunk]) })
    const ended = new Promise((resolve) => { viewer.once('close', resolve) })
    await waitUntil('the greeting of VNC', () => seen.toString('latin1').startsWith('RFB 003.008\n'), 20_000)
    viewer.stdin.write('RFB 003.008\n')
    // One kind of authentication, number 2: by a password.
    await waitUntil('the kinds of authentication', () => seen.length >= 14, 5_000)
    expect([...seen.subarray(12)]).toEqual([1, 2])
    viewer.stdin.end()
    expect(await ended).toBe(0)
  })

  it('is stopped while it is paused', async () => {
    await installation.mustQm('suspend', vmid)
    await installation.mustQm('stop', vmid)
    expect(installation.leftovers()).toEqual([])
  })
})
