import {describe, expect, it} from 'vitest'
import {ConflictError, systemClock} from '../../../../../src/lib/base/index.ts'
import type {Places} from '../../../../../src/lib/base/index.ts'
import {prepare} from '../../../../../src/lib/guest/qemu/runtime/actions/prepare.ts'
import {removeRunFiles} from '../../../../../src/lib/guest/qemu/runtime/run-files.ts'
import {guestPaths} from '../../../../../src/lib/guest/qemu/runtime/sockets.ts'
import {fakeHost} from '../../../../../src/lib/host/fake/index.ts'
import type {Context} from '../../../../../src/lib/tasks/index.ts'

const places: Places = {stateDir: '/c/lib', runDir: '/c/run', logDir: '/c/log', root: '/c'}
const {network, pid} = guestPaths(places, 100)
const devices = '  lo: 0\n tap100i0: 0\n tap100i1: 0\n tap101i0: 0\n'

describe('what a guest leaves behind', () => {
  it('is removed, and only what has its settings here', async () => {
    const host = fakeHost({
      files: {'/proc/net/dev': devices, [`${network}/tap100i1`]: 'bridge vmbr0\n', [`${network}/tap101i0`]: 'bridge vmbr0\n', [pid]: '7\n'},
      answers: [{argv: ['ip', 'link', 'delete', 'dev', 'tap100i1']}],
    })
    await removeRunFiles(100, {host, places, clock: systemClock})
    expect(await host.files.list(network)).toEqual(['tap101i0'])
    expect(await host.files.stat(pid)).toBeUndefined()
    host.assertAllUsed()
  })
})

describe('preparing a start', () => {
  it('refuses a tap device of another installation before it writes settings, so that nothing takes it for ours', async () => {
    const host = fakeHost({files: {'/proc/net/dev': devices}})
    const step = {kind: 'qemu.prepare', vmid: 100, taps: [{tap: 'tap100i0', bridge: 'vmbr0'}], temporaryFiles: []} as const
    const failure: unknown = await prepare.run(step, {host, places, clock: systemClock} as unknown as Context).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(ConflictError)
    expect((failure as ConflictError).message).toContain('tap100i0')
    expect((failure as ConflictError).nextSteps.join(' ')).toContain('VMID')
    expect(await host.files.list(network)).toEqual([])
    await removeRunFiles(100, {host, places, clock: systemClock})
    expect(host.ran).toEqual([])
  })
})
