import {describe, expect, it} from 'vitest'
import {fakeHost} from '../../../../src/lib/host/fake/index.ts'

describe('the fake host', () => {
  it('refuses a program that nobody expected, and does not forget it', async () => {
    const host = fakeHost()
    await expect(host.run(['rm', '-rf', '/'])).rejects.toThrow('nobody expected this program')
    expect(() => host.assertAllUsed()).toThrow('nobody expected rm -rf /')
  })

  it('reports answers that nobody used', () => {
    const host = fakeHost({answers: [{argv: ['ip', 'link']}]})
    expect(() => host.assertAllUsed()).toThrow('nobody called ip link')
  })

  it('matches words by pattern and any rest', async () => {
    const host = fakeHost({answers: [{argv: ['qemu-img', /^(info|check)$/, '…'], stdout: 'fine', times: 2}]})
    expect((await host.run(['qemu-img', 'info', '--', '/x'])).stdout).toBe('fine')
    expect(() => host.assertAllUsed()).toThrow('nobody called')
    await host.run(['qemu-img', 'check', '/y'])
    host.assertAllUsed()
    expect(host.ran).toEqual([['qemu-img', 'info', '--', '/x'], ['qemu-img', 'check', '/y']])
  })

  it('lets a program change the host', async () => {
    const host = fakeHost({files: {'/d/': ''}, answers: [{argv: ['touch', '/d/x'], effect: ({files}) => files.write('/d/x', 'made')}]})
    await host.run(['touch', '/d/x'])
    expect(await host.files.readText('/d/x')).toBe('made')
  })

  it('fails an operation as often as it was told', async () => {
    const host = fakeHost({files: {'/d/': ''}, faults: [{operation: 'write', path: /\/d\//, code: 'ENOSPC', times: 1}]})
    await expect(host.files.write('/d/x', 'y')).rejects.toMatchObject({kind: 'unavailable'})
    await host.files.write('/d/x', 'y')
    expect(await host.files.list('/d')).toEqual(['x'])
  })
})
