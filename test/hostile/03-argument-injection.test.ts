// Entry 3: values that begin with `-`, which the programs that we call could take for options of their own.
import {describe, expect, it} from 'vitest'
import {createImageArgv, resizeImageArgv} from '../../src/lib/storage/dir/qemu-img.ts'
import type {Context} from '../../src/lib/tasks/index.ts'
import {machineRoom, storedConfig} from '../unit/guest/qemu/support/run-qm.ts'
import {failureOf, perform, refusalOf} from './support/in-process.ts'
import {expectNoFault, installation} from './support/program.ts'

/** A context that notes what programs are called. */
async function watchedRoom(): Promise<{context: Context; calls: (readonly string[])[]}> {
  const context = await (await machineRoom()).open()
  const calls: (readonly string[])[] = []
  const {host} = context
  const run: typeof host.run = (argv, options) => { calls.push(argv); return host.run(argv, options) }
  const watched = new Proxy(host, {get: (target, name) => name === 'run' ? run : Reflect.get(target, name) as unknown})
  return {context: {...context, host: watched}, calls}
}

describe('programs that are called', () => {
  it.each([
    createImageArgv('/x/-o.raw', 'raw', 1024, 'off'), createImageArgv('/x/-o.qcow2', 'qcow2', 1024, 'metadata'), createImageArgv('/x/-o.vmdk', 'vmdk', 1024, 'off'),
    resizeImageArgv('/x/-o.raw', 'raw', 1024, 'full'), resizeImageArgv('/x/-o.qcow2', 'qcow2', 1024, 'off'),
  ])('get the name behind a --: %j', (...argv) => {
    const end = argv.indexOf('--')
    expect(argv.slice(end + 1)).toHaveLength(2)
    expect(argv[end + 1]).toMatch(/^\/x\/-o\./)
    expect(argv).toContain('-f')
  })

  it('get absolute paths and checked names only', async () => {
    const {context, calls} = await watchedRoom()
    await perform(['pvesm', 'alloc', 'local', '100', 'vm-100--oProxyCommand-x.qcow2', '1M'], context)
    await perform(['qm', 'create', '101', '--kvm', '0', '--scsi0', 'local:1,format=qcow2'], context)
    expect(calls.filter(([program]) => program === 'qemu-img').length).toBeGreaterThanOrEqual(2)
    for (const argv of calls) {
      if (argv[0] !== 'qemu-img') continue
      const end = argv.indexOf('--')
      expect(end, argv.join(' ')).toBeGreaterThan(0)
      expect(argv[end + 1], argv.join(' ')).toMatch(/^\//)
    }
  })
})

const refused: readonly (readonly string[])[] = [
  ['qm', 'set', '100', '--net0', '-device,bridge=x'],
  ['qm', 'set', '100', '--name=-incoming'],
  ['qm', 'set', '100', '--ide2=-snapshot'],
  ['qm', 'set', '100', '--scsi0=-hda:1'],
  ['qm', 'set', '100', '--keyboard=-S'],
  ['qm', 'set', '100', '--vga=-display'],
  ['qm', 'set', '100', '--serial0=-chardev'],
  ['qm', 'set', '100', '--usb0=host=-1'],
  ['qm', 'set', '100', '--memory=-mem-path'],
  ['qm', 'set', '100', '--boot=-order'],
  ['qm', 'set', '100', '--smbios1=-uuid'],
  ['qm', 'set', '100', '--rng0=-object'],
  ['qm', 'set', '100', '--agent=-chardev'],
  ['qm', 'set', '100', '--startdate=-rtc'],
  ['qm', 'set', '100', '--tags=-tag'],
  ['qm', 'start', '100', '--machine=-S,x'],
  ['qm', 'status', '--', '-1'],
  ['qm', 'config', '100', '--snapshot=-x'],
  ['pvesm', 'add', 'dir', '--', '-store'],
  ['pvesm', 'add', 'dir', 'more', '--path=-rf'],
  ['pvesm', 'add', 'dir', 'more', '--path=relative/-rf'],
  ['pvesm', 'set', 'local', '--preallocation=-o'],
  ['pvesm', 'set', 'local', '--content=-iso'],
  ['pvesm', 'set', 'local', '--format=-f'],
  ['pvesm', 'alloc', 'local', '100', '--', '-vm.raw', '1M'],
  ['pvesm', 'alloc', 'local', '100', '--', '--help', '1M'],
  ['pvesm', 'alloc', 'local', '100', '', '--', '-1'],
  ['pvesm', 'alloc', 'local', '100', '', '1M', '--format=-o'],
  ['pvesm', 'path', '--', '-local:iso/x.iso'],
  ['pvesm', 'free', '--', '-rf'],
  ['pvesm', 'list', '--', '-a'],
  ['pvenode', 'task', 'log', '--', '-f'],
  ['corral', 'task', 'wait', '--', '--help'],
]

describe('values that begin with a dash', () => {
  it('are refused where they could become an option', async () => {
    const {context, calls} = await watchedRoom()
    await perform(['qm', 'create', '100', '--kvm', '0', '--memory', '32'], context)
    const before = await storedConfig(100, context)
    calls.length = 0
    for (const words of refused) await refusalOf(words, context)
    expect(await storedConfig(100, context)).toBe(before)
    expect(calls).toEqual([])
  })

  it('are refused as a bridge before ip is called', async () => {
    const {context, calls} = await watchedRoom()
    await perform(['qm', 'create', '100', '--kvm', '0', '--memory', '32'], context)
    const config = await storedConfig(100, context) ?? ''
    for (const bridge of ['-all', '--help', '-', '-d', '-rf.x']) {
      await context.store.commit({put: {'nodes/h1/qemu-server/100.conf': `${config}net0: virtio=BC:24:11:00:00:01,bridge=${bridge}\n`}})
      calls.length = 0
      expect(await refusalOf(['qm', 'start', '100'], context)).toMatch(/bridge/)
      expect(calls).toEqual([])
    }
  })

  it('stay a value where any text is allowed', async () => {
    const {context} = await watchedRoom()
    await perform(['qm', 'create', '100', '--kvm', '0', '--memory', '32', '--description=-rf', '--scsi0=local:1,serial=-S'], context)
    expect(await storedConfig(100, context)).toMatch(/^#-rf\n[^]*serial=-S/)
    // A file whose name begins with a dash is reached by its absolute path.
    expect(await failureOf(['pvesm', 'path', 'local:iso/-rf.iso'], context)).toBeUndefined()
  })

  it('are values for the program too, behind -- and behind an option that needs one', async () => {
    const place = installation()
    for (const words of [['status', '--', '-1'], ['--', 'status', '100'], ['status', '--vmid'], ['config', '100', '--snapshot', '-oProxyCommand=x']]) {
      const answer = await place.qm(...words)
      expectNoFault(answer, words.join(' '))
      expect([2, 3]).toContain(answer.code)
    }
  })
})
