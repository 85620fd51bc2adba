// Two guests on a bridge, in a network namespace that the test makes and removes: no traffic leaves it.
import {execFileSync} from 'node:child_process'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {GuestConsole} from './support/console.ts'
import {Installation, waitUntil} from './support/installation.ts'

const namespace = `ce${process.pid}`
const installation = new Installation(['ip', 'netns', 'exec', namespace])
const guests = [401, 402] as const

function ip(...words: string[]): string {
  return execFileSync('ip', ['-netns', namespace, ...words], {encoding: 'utf8', timeout: 10_000})
}

beforeAll(async () => {
  execFileSync('ip', ['netns', 'add', namespace], {timeout: 10_000})
  ip('link', 'add', 'name', 'vmbr7', 'type', 'bridge')
  ip('link', 'set', 'vmbr7', 'up', 'mtu', '1400')
  await installation.addIso()
  for (const vmid of guests) await installation.create(vmid, {boots: true, options: ['--net0', 'virtio,bridge=vmbr7', '--net1', 'virtio,bridge=vmbr7,link_down=1']})
})

afterAll(async () => {
  await installation.close()
  execFileSync('ip', ['netns', 'delete', namespace], {timeout: 10_000})
})

describe('two guests on one bridge', () => {
  const consoles: GuestConsole[] = []

  it('have tap devices on it, with its MTU', async () => {
    await Promise.all(guests.map((vmid) => installation.mustQm('start', String(vmid))))
    const taps = JSON.parse(ip('-json', 'link', 'show', 'master', 'vmbr7')) as {ifname: string; mtu: number; flags: string[]}[]
    expect(taps.map(({ifname}) => ifname).sort()).toEqual(['tap401i0', 'tap401i1', 'tap402i0', 'tap402i1'])
    expect(taps.every(({mtu, flags}) => mtu === 1400 && flags.includes('UP'))).toBe(true)
  })

  it('reach each other', async () => {
    for (const vmid of guests) {
      const console = new GuestConsole(installation, vmid)
      await console.waitForGuest(90_000)
      consoles.push(console)
    }
    const [first, second] = consoles as [GuestConsole, GuestConsole]
    await first.run('ip address add 10.99.0.1/24 dev eth0')
    await second.run('ip address add 10.99.0.2/24 dev eth0')
    expect(await first.run('ping -c 3 -w 10 10.99.0.2')).toMatch(/[1-3] packets received/)
    expect(await first.run('cat /sys/class/net/eth0/mtu')).toMatch(/^1400$/m)
  })

  it('see the cable of a card that is unplugged', async () => {
    expect(await consoles[0]?.run('cat /sys/class/net/eth1/carrier 2>&1')).not.toMatch(/^1$/m)
    expect(await consoles[0]?.run('cat /sys/class/net/eth0/carrier')).toMatch(/^1$/m)
  })

  it('leave no tap device behind, whether they end or are killed', async () => {
    await installation.mustQm('stop', '401')
    process.kill(installation.pidOf(402), 'SIGKILL')
    await waitUntil('run files to be gone', () => installation.leftovers().length === 0, 10_000)
    expect(ip('-o', 'link', 'show', 'type', 'tun')).toBe('')
    for (const console of consoles) await console.leave()
  })

  it('are limited to their rate, or refused by name where the kernel cannot do it', async () => {
    await installation.mustQm('set', '401', '--net0', 'virtio,bridge=vmbr7,rate=2', '--delete', 'net1')
    const {code, stderr} = await installation.qm('start', '401')
    if (code === 0) {
      const show = (...words: string[]) => execFileSync('ip', ['netns', 'exec', namespace, 'tc', ...words], {encoding: 'utf8', timeout: 10_000})
      expect(show('qdisc', 'show', 'dev', 'tap401i0')).toMatch(/tbf .*rate 16777Kbit/)
      expect(show('filter', 'show', 'dev', 'tap401i0', 'parent', 'ffff:')).toMatch(/police .*rate 16777Kbit/)
      await installation.mustQm('stop', '401')
    } else {
      expect(stderr).toMatch(/because of 'net0': .*the rate limit of tap401i0 cannot be set: this kernel has no traffic policing/)
      expect(installation.leftovers()).toEqual([])
    }
  })

  it('cannot be started when the bridge is gone', async () => {
    ip('link', 'delete', 'vmbr7')
    const {code, stderr} = await installation.qm('start', '401')
    expect(code).toBe(3)
    expect(stderr).toContain("there is no bridge 'vmbr7' on this host (net0)")
  })
})
