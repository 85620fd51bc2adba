// The Debian guest itself: it boots, its agent answers, and without a drive for cloud-init it is left as it is.
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {GuestConsole} from '../e2e/support/console.ts'
import {Installation, waitUntil} from '../e2e/support/installation.ts'
import {createDebianGuest, debianBootLimitMs} from '../support/debian-guest.ts'

const installation = new Installation()
const vmid = 100

beforeAll(() => createDebianGuest(installation, vmid))
afterAll(() => installation.close())

describe('the Debian guest', () => {
  it('boots to a shell, without cloud-init, with an agent through which it shuts down', async () => {
    await installation.mustQm('start', String(vmid))
    const console = new GuestConsole(installation, vmid)
    expect(await console.waitForGuest(debianBootLimitMs)).toMatch(/^6\.1\./)
    expect(await console.run('cloud-init status')).toContain('status: disabled')
    expect(await console.run('systemctl is-active qemu-guest-agent')).toContain('active')
    await installation.mustQm('shutdown', String(vmid))
    await waitUntil('the run files to be gone', () => installation.leftovers().length === 0, 10_000)
    await console.leave()
  })
})
