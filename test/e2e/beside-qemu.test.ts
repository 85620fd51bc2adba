// What runs beside a guest's QEMU: swtpm for its TPM, virtiofsd for folders of the host, and the hook script; with a guest that really uses
// them, and with workers and QEMUs that are killed.
import {chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {localContext} from '../../src/lib/tasks/index.ts'
import {GuestConsole} from './support/console.ts'
import {Installation, isAlive, waitUntil} from './support/installation.ts'

const installation = new Installation()
const vmid = '100'
const folder = join(installation.root, 'share')
const hookLog = join(installation.root, 'hook.log')
const hookScript = join(installation.root, 'lib/vz/snippets/hook.sh')

beforeAll(async () => {
  await installation.addIso()
  mkdirSync(folder)
  writeFileSync(join(folder, 'greeting'), 'hello from the host\n')
  await putFile('mapping/directory.cfg', `docs\n\tmap node=${await nodeName()},path=${folder}\n`)
  await installation.create(100, {boots: true, options: ['--tpmstate0', 'local:1,version=v2.0', '--virtiofs0', 'docs,expose-xattr=1']})
})
afterAll(() => installation.close())

async function nodeName(): Promise<string> {
  return /nodes\/([^/]+)\//.exec(await installation.mustQm('create', '199', '--dry-run'))?.[1] ?? ''
}

/** There is no command yet that writes this file. */
async function putFile(path: string, text: string): Promise<void> {
  const log = {info: () => undefined, warn: () => undefined, progress: () => undefined}
  const {context, close} = await localContext({
    env: {CORRAL_ROOT: installation.root}, catalog: {commands: {}, actionLoaders: {}}, workerArgv: [], log, signal: new AbortController().signal,
  })
  await context.store.commit({put: {[path]: text}})
  await close()
}

/** The programs beside QEMU, by the sockets in their command lines. */
function helpers(): string[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((pid) => {
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
      return /^\S*(?:swtpm|virtiofsd) /.test(line) && line.includes(installation.root) && isAlive(Number(pid)) ? [line.includes('swtpm') ? 'swtpm' : 'virtiofsd'] : []
    } catch {
      return []
    }
  })
}

async function expectNothingLeft(): Promise<void> {
  expect(await installation.status(100)).toBe('status: stopped')
  await waitUntil(`no program to be left (${helpers().join()})`, () => helpers().length === 0, 5_000)
  expect(installation.leftovers()).toEqual([])
}

describe('a guest with a TPM and a folder of the host', () => {
  it('uses both, and leaves nothing when it shuts down', async () => {
    await installation.mustQm('start', vmid)
    expect(new Set(helpers())).toEqual(new Set(['swtpm', 'virtiofsd']))
    const console = new GuestConsole(installation, 100)
    await console.waitForGuest(120_000)
    expect(await console.run('cat /sys/class/tpm/tpm0/tpm_version_major')).toMatch(/^2\s*$/m)
    expect(await console.run('mkdir -p /mnt; mount -t virtiofs docs /mnt; cat /mnt/greeting; echo from the guest >/mnt/answer')).toContain('hello from the host')
    expect(readFileSync(join(folder, 'answer'), 'utf8')).toBe('from the guest\n')
    await installation.mustQm('shutdown', vmid)
    await expectNothingLeft()
    await console.leave()
  })

  it('leaves nothing when its QEMU is killed', async () => {
    await installation.mustQm('start', vmid)
    process.kill(installation.pidOf(100), 'SIGKILL')
    await waitUntil('the run files to be gone', () => installation.leftovers().length === 0, 20_000)
    await expectNothingLeft()
  })

  it('keeps the state of its TPM', () => {
    const image = join(installation.root, 'lib/vz/images/100/vm-100-disk-0.raw')
    expect(readFileSync(image).subarray(0, 8).toString('latin1')).toBe('nilmptws')
  })

  it('is not started when the folder is not there, and nothing is left of the attempt', async () => {
    await putFile('mapping/directory.cfg', 'docs\n\tmap node=elsewhere,path=/srv\n')
    const refused = await installation.qm('start', vmid)
    expect(refused.code).toBe(3)
    expect(refused.stderr).toContain("virtiofs0: no folder of node")
    await expectNothingLeft()
    await putFile('mapping/directory.cfg', `docs\n\tmap node=${await nodeName()},path=${folder}\n`)
  })
})

describe('a guest with Secure Boot', () => {
  it('starts nothing that is not signed, and measures it into its TPM', async () => {
    await installation.mustQm(
      'create', '101', '--kvm', '0', '--memory', '256', '--bios', 'ovmf', '--machine', 'q35', '--serial0', 'socket',
      '--efidisk0', 'local:1,efitype=4m,pre-enrolled-keys=1', '--tpmstate0', 'local:1,version=v2.0',
    )
    await installation.mustQm('start', '101')
    const console = new GuestConsole(installation, 101)
    // The firmware's own shell is not signed by anybody.
    await console.waitFor(/failed to start .*EFI Internal Shell[^]*Security Violation/, 120_000)
    await installation.mustQm('stop', '101')
    await console.leave()
    await installation.mustQm('destroy', '101')
  })
})

describe('a start with programs beside it whose worker is killed', () => {
  it.each([
    ...[1, 2].map((count) => ['CORRAL_TEST_STOP_AFTER_RECORD', count] as const),
    ...[1, 2, 3, 4, 5, 6, 7, 8].map((count) => ['CORRAL_TEST_STOP_AFTER_STEP', count] as const),
  ])('at %s=%i is undone by whoever comes next', async (variable, count) => {
    const killed = await installation.call('qm', ['start', vmid], {env: {[variable]: String(count)}})
    expect(killed.code).not.toBe(0)
    await installation.call('corral', ['doctor'])
    await expectNothingLeft()
  })

  it('has no more points than those', async () => {
    await installation.call('qm', ['start', vmid], {env: {CORRAL_TEST_STOP_AFTER_RECORD: '3', CORRAL_TEST_STOP_AFTER_STEP: '9'}})
    expect(await installation.status(100)).toBe('status: running')
    await installation.mustQm('stop', vmid)
    await expectNothingLeft()
  })
})

describe('a hook script', () => {
  const calls = () => (existsSync(hookLog) ? readFileSync(hookLog, 'utf8').split('\n').filter((line) => line !== '') : [])
  const forget = () => { rmSync(hookLog, {force: true}) }

  beforeAll(async () => {
    mkdirSync(join(installation.root, 'lib/vz/snippets'), {recursive: true})
    writeFileSync(hookScript, `#!/bin/sh\necho "$@" >>${hookLog}\necho "in $2"\n[ ! -e ${installation.root}/fail-$2 ] || { echo "no $2 today" >&2; exit 3; }\n`)
    await installation.mustQm('set', vmid, '--delete', 'virtiofs0,tpmstate0')
  })

  it('is refused while it cannot be run', async () => {
    const refused = await installation.qm('set', vmid, '--hookscript', 'local:snippets/hook.sh')
    expect(refused.code).toBe(2)
    expect(refused.stderr).toContain(`chmod +x ${hookScript}`)
    chmodSync(hookScript, 0o755)
    await installation.mustQm('set', vmid, '--hookscript', 'local:snippets/hook.sh')
  })

  it('is called in all phases, and its words are in the log of the task', async () => {
    const started = await installation.qm('start', vmid)
    expect(started.stderr).toContain('pre-start: in pre-start')
    await installation.mustQm('stop', vmid)
    expect(calls()).toEqual(['100 pre-start', '100 post-start', '100 pre-stop', '100 post-stop'])
  })

  it('keeps the guest from starting by pre-start, and is only warned of in the other phases', async () => {
    writeFileSync(join(installation.root, 'fail-pre-start'), '')
    const refused = await installation.qm('start', vmid)
    expect(refused.code).toBe(5)
    expect(refused.stderr).toContain('failed in pre-start of virtual machine 100 (exit code 3): in pre-start; no pre-start today')
    await expectNothingLeft()
    rmSync(join(installation.root, 'fail-pre-start'))
    for (const phase of ['post-start', 'pre-stop', 'post-stop']) writeFileSync(join(installation.root, `fail-${phase}`), '')
    const started = await installation.qm('start', vmid)
    expect(started.code).toBe(0)
    expect(started.stderr).toContain('no post-start today')
    expect((await installation.qm('stop', vmid)).code).toBe(0)
    for (const phase of ['post-start', 'pre-stop', 'post-stop']) rmSync(join(installation.root, `fail-${phase}`))
    await expectNothingLeft()
  })

  it('is called once after a guest that was killed', async () => {
    await installation.mustQm('start', vmid)
    forget()
    process.kill(installation.pidOf(100), 'SIGKILL')
    await waitUntil('the run files to be gone', () => installation.leftovers().length === 0, 20_000)
    expect(calls()).toEqual(['100 post-stop'])
  })

  it.each([1, 2, 3, 4, 5])('is called at most twice for one stop whose worker is killed after step %i', async (count) => {
    await installation.mustQm('start', vmid)
    forget()
    await installation.call('qm', ['stop', vmid], {env: {CORRAL_TEST_STOP_AFTER_STEP: String(count)}})
    await installation.call('corral', ['doctor'])
    await waitUntil('the run files to be gone', () => installation.leftovers().length === 0, 20_000)
    await expectNothingLeft()
    expect(calls().filter((line) => line === '100 post-stop').length).toBeGreaterThanOrEqual(1)
    for (const phase of ['pre-stop', 'post-stop']) expect(calls().filter((line) => line === `100 ${phase}`).length).toBeLessThanOrEqual(2)
  })
})
