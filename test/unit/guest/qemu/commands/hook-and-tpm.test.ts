// Hook scripts and TPMs as the configuration has them: what is refused when they are set, what is planned, what is left. Real QEMUs are in
// test/e2e/beside-qemu.test.ts.
import {chmod, mkdir, readFile, writeFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {describe, expect, it} from 'vitest'
import {ForbiddenError, InvalidInputError, NotFoundError} from '../../../../../src/lib/base/index.ts'
import {runHook} from '../../../../../src/lib/guest/qemu/runtime/actions/run-hook.ts'
import type {RunHook} from '../../../../../src/lib/guest/hooks/run-hook.ts'
import {guestPaths} from '../../../../../src/lib/guest/qemu/runtime/sockets.ts'
import type {Context} from '../../../../../src/lib/tasks/index.ts'
import type {Installation} from '../../../tasks/demo/installation.ts'
import {images, machineRoom, outcomeOf, qm, storedKey} from '../support/run-qm.ts'

async function room(script?: string): Promise<{place: Installation; context: Context; path: string}> {
  const place = await machineRoom()
  const context = await place.open()
  const path = join(place.root, 'lib/vz/snippets/hook.sh')
  await mkdir(dirname(path), {recursive: true})
  if (script !== undefined) {
    await writeFile(path, `#!/bin/sh\n${script}\n`)
    await chmod(path, 0o755)
  }
  return {place, context, path}
}

const hookscript = 'local:snippets/hook.sh'

describe('a hook script', () => {
  it('must be there, a snippet, executable and root\'s alone', async () => {
    const {context, path} = await room()
    await qm('create', {vmid: 100}, context)
    await expect(qm('set', {vmid: 100, hookscript}, context)).rejects.toThrow(NotFoundError)
    await writeFile(path, '#!/bin/sh\n', {mode: 0o644})
    await expect(qm('set', {vmid: 100, hookscript}, context)).rejects.toThrow('is not executable')
    await chmod(path, 0o757)
    await expect(qm('set', {vmid: 100, hookscript}, context)).rejects.toThrow('can be changed by anybody')
    await chmod(path, 0o755)
    for (const other of ['local:iso/hook.iso', 'local:100/vm-100-disk-0.raw', 'local:snippets/../../hook.sh', '/bin/true']) {
      await expect(qm('set', {vmid: 100, hookscript: other}, context), other).rejects.toThrow(InvalidInputError)
    }
    await expect(qm('create', {vmid: 101, hookscript: 'nowhere:snippets/x'}, context)).rejects.toThrow(NotFoundError)
    await qm('set', {vmid: 100, hookscript}, context)
    expect(await storedKey(100, 'hookscript', context)).toBe(hookscript)
  })

  it('is root\'s to set and to take away', async () => {
    const {context} = await room('exit 0')
    await qm('create', {vmid: 100}, context)
    const asUser = {...context, caller: {user: 'ann@pam', isRoot: false}}
    await expect(qm('set', {vmid: 100, hookscript}, asUser)).rejects.toThrow(ForbiddenError)
    await expect(qm('set', {vmid: 100, delete: 'hookscript'}, asUser)).rejects.toThrow(ForbiddenError)
  })

  it('stands in the plan of a start: before everything and, once nothing can be taken back, after it', async () => {
    const {context} = await room('exit 0')
    await qm('create', {vmid: 100, kvm: false, hookscript, net0: 'virtio,bridge=not-made-yet'}, context)
    const outcome = await outcomeOf('start', {vmid: 100}, context, {dryRun: true})
    const lines = outcome.outcome === 'planned' ? outcome.lines : []
    expect(lines[0]).toBe('local:snippets/hook.sh 100 pre-start')
    expect(lines.at(-1)).toBe('local:snippets/hook.sh 100 post-start')
  })

  it('gets a clean environment, its words go to the log, and its failure holds up only pre-start', async () => {
    const {place, context} = await room('env >"$0.env"; echo "in $2"; echo "not today" >&2; exit 3')
    process.env['CORRAL_TEST_SECRET_OF_CALLER'] = 'x'
    const call = (phase: RunHook['phase'], occasion = 'one') => runHook.run({kind: 'qemu.run-hook', vmid: 100, volume: hookscript, phase, occasion}, context)
    await expect(call('pre-start')).rejects.toThrow(/failed in pre-start of virtual machine 100 \(exit code 3\): in pre-start; not today/)
    await call('post-stop')
    expect(place.lines.filter((line) => line.startsWith('WARN:'))).toEqual([expect.stringContaining('failed in post-stop of virtual machine 100 (exit code 3)')])
    expect(place.lines).toContain('post-stop: in post-stop')
    expect(await readFile(join(place.root, 'lib/vz/snippets/hook.sh.env'), 'utf8')).toMatch(/^PATH=/m)
    delete process.env['CORRAL_TEST_SECRET_OF_CALLER']
  })

  it('is called twice at most for one end, and again for another', async () => {
    const {place, context} = await room('echo "$2" >>"$0.calls"')
    const calls = async () => (await readFile(join(place.root, 'lib/vz/snippets/hook.sh.calls'), 'utf8')).split('\n').length - 1
    const call = (occasion: string) => runHook.run({kind: 'qemu.run-hook', vmid: 100, volume: hookscript, phase: 'post-stop', occasion}, context)
    for (let round = 0; round < 4; round++) await call('4711')
    expect(await calls()).toBe(2)
    await call('4712')
    expect(await calls()).toBe(3)
    expect(await readFile(guestPaths(context.places, 100).hookCalls['post-stop'], 'utf8')).toBe('4712 1')
  })
})

describe('a TPM', () => {
  it('gets a volume of 4 MiB with a fresh TPM on it, which is gone with the guest', async () => {
    const {place, context} = await room()
    await qm('create', {vmid: 100, scsi0: 'local:0.01'}, context)
    await qm('set', {vmid: 100, tpmstate0: 'local:1,version=v2.0'}, context)
    expect(await storedKey(100, 'tpmstate0', context)).toBe('local:100/vm-100-disk-1.raw,size=4M,version=v2.0')
    const state = await readFile(join(place.root, 'lib/vz/images/100/vm-100-disk-1.raw'))
    expect(state.length).toBe(4 * 1024 ** 2)
    expect(state.subarray(0, 8).toString('latin1')).toBe('nilmptws')
    // It is not made anew: what the guest has sealed with it would be lost.
    const again = await context.actionKind('guest.format-tpm-state')
    await again.run({kind: 'guest.format-tpm-state', vmid: 100, volume: 'local:100/vm-100-disk-1.raw', path: '', version: 'v2.0'}, context)
    expect((await readFile(join(place.root, 'lib/vz/images/100/vm-100-disk-1.raw'))).equals(state)).toBe(true)
    await qm('set', {vmid: 100, delete: 'tpmstate0'}, context)
    expect(await storedKey(100, 'unused0', context)).toBe('local:100/vm-100-disk-1.raw')
    await qm('destroy', {vmid: 100}, context)
    expect(await images(place)).toEqual([])
  }, 60_000)

  it('keeps to raw volumes and its versions, and does not boot', async () => {
    const {context} = await room()
    await expect(qm('create', {vmid: 100, tpmstate0: 'local:1,format=qcow2'}, context)).rejects.toThrow('raw volumes only')
    await expect(qm('create', {vmid: 100, tpmstate0: 'local:1,version=v3.0'}, context)).rejects.toThrow(InvalidInputError)
    await expect(qm('create', {vmid: 100, tpmstate0: 'local:iso/x.iso'}, context)).rejects.toThrow(/tpmstate0/)
    await qm('create', {vmid: 100}, context)
    await context.store.commit({put: {'nodes/h1/qemu-server/100.conf': 'kvm: 0\nboot: order=tpmstate0\ntpmstate0: local:100/vm-100-disk-0.raw,size=4M\n'}})
    await expect(qm('start', {vmid: 100}, context)).rejects.toThrow("'tpmstate0' in 'boot' is not a device to boot from")
  })
})
