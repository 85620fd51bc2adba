// Runs of vzdump on a real store and folder, with types of guests that write a few bytes: what is around the archives. How guests are read is their types' own.
import {chmod, mkdir, readFile, readdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {beforeEach, describe, expect, it, vi} from 'vitest'
import {catalog} from '../../../../src/lib/catalog.ts'
import type {BackupMode, BackupType, BackupWish} from '../../../../src/lib/guest/backup/index.ts'
import {checkParams} from '../../../../src/lib/spec/index.ts'
import type {Context, Outcome} from '../../../../src/lib/tasks/index.ts'
import {runHandler} from '../../../../src/lib/tasks/index.ts'
import {readJournals, startJournal} from '../../../../src/lib/tasks/journal.ts'
import {installation} from '../../tasks/demo/installation.ts'
import type {Installation} from '../../tasks/demo/installation.ts'

const double = vi.hoisted(() => ({wishes: [] as BackupWish[], remarks: [] as string[], fails: new Set<number>(), taken: undefined as BackupMode | undefined}))

/** A type whose archive is its configuration. */
async function fakeType(type: 'qemu' | 'lxc'): Promise<BackupType> {
  const {qemuKind} = await import('../../../../src/lib/guest/qemu/guest-files.ts')
  const {lxcKind} = await import('../../../../src/lib/guest/lxc/kind.ts')
  return {
    kind: type === 'qemu' ? qemuKind : lxcKind, archiveFormat: type === 'qemu' ? 'vma' : 'tar', locks: () => Promise.resolve([]), volumes: () => Promise.resolve([]),
    prepare: ({vmid, file}, wish) => {
      double.wishes.push(wish)
      const mode = double.taken ?? wish.mode
      const write = {kind: 'file.write', path: wish.archive.path, text: file.data}
      const fail = {kind: 'run', argv: ['false']}
      return Promise.resolve({
        mode, remarks: double.remarks,
        steps: [...wish.hook('pre-stop', mode), {do: write, undo: {kind: 'file.remove', path: wish.archive.path}}, ...double.fails.has(vmid) ? [{do: fail}] : [], ...wish.hook('post-restart', mode)],
      })
    },
  }
}
vi.mock('../../../../src/lib/guest/qemu/backup/index.ts', async () => ({qemuBackup: await fakeType('qemu')}))
vi.mock('../../../../src/lib/guest/lxc/backup/index.ts', async () => ({lxcBackup: await fakeType('lxc')}))

let place: Installation
let context: Context
let dump: string

beforeEach(async () => {
  double.wishes.length = 0
  double.fails.clear()
  double.remarks = []
  double.taken = undefined
  place = await installation({catalog})
  context = await place.open()
  dump = join(place.root, 'lib/vz/dump')
  await context.store.commit({put: {'nodes/h1/qemu-server/100.conf': 'memory: 32\nname: web1\n', 'nodes/h1/lxc/101.conf': 'arch: amd64\nhostname: db1\n', 'nodes/h2/qemu-server/200.conf': 'memory: 32\n'}})
})

async function vzdump(input: Readonly<Record<string, unknown>>, options: {readonly dryRun?: boolean} = {}): Promise<Outcome> {
  const entry = catalog.commands['vzdump']
  if (entry === undefined) throw new Error('there is no vzdump')
  const [{spec}, {handler}] = await Promise.all([entry.spec(), entry.handler()])
  return runHandler(handler, checkParams(spec.params, input), context, options)
}

const plain = (name: string) => name.replace(/\d{4}(?:_\d\d){2}-\d\d(?:_\d\d){2}/g, 'TIME')
const files = async () => (await readdir(dump).catch(() => [])).map(plain).sort()
const config = async (path: string) => (await context.store.read(path))?.data

/** A script that notes how it is called. */
async function makeScript(body = ''): Promise<string> {
  const path = join(place.root, 'hook')
  await writeFile(path, `#!/bin/sh\necho "$*|$DUMPDIR|$STOREID|$VMTYPE|$HOSTNAME|$TARGET|$LOGFILE" >> ${place.root}/calls\n${body}\n`)
  await chmod(path, 0o755)
  return path
}
const calls = async () => (await readFile(join(place.root, 'calls'), 'utf8')).trimEnd().split('\n').map((line) => plain(line).replaceAll(place.root, ''))

describe('a run', {timeout: 180_000}, () => {
  it('writes an archive and a log of each guest, and leaves the guests as they were', async () => {
    await vzdump({vmid: '100,101,200', compress: 'zstd', 'exclude-path': ['/a', '/b'], bwlimit: '500', ionice: '8', stopwait: '3', performance: 'max-workers=4', fleecing: 'enabled=1,storage=local'})
    expect(await files()).toEqual(['vzdump-lxc-101-TIME.log', 'vzdump-lxc-101-TIME.tar.zst', 'vzdump-qemu-100-TIME.log', 'vzdump-qemu-100-TIME.vma.zst'])
    expect(double.wishes[0]).toMatchObject({
      mode: 'snapshot', archive: {ionice: 8, bandwidthKib: 500, compressor: ['zstd', '-q', '-1', '--threads=1', '-c']}, excludePaths: ['/a', '/b'], stdExcludes: true, stopWaitMinutes: 3,
      performance: {maxWorkers: 4}, fleecing: {storage: 'local'},
    })
    expect(await config('nodes/h1/qemu-server/100.conf')).toBe('memory: 32\nname: web1\n')
    expect(await readJournals(context.store)).toEqual([])
    const log = (await readdir(dump)).find((name) => /qemu.*log$/.test(name)) ?? ''
    expect(await readFile(join(dump, log), 'utf8')).toMatch(/^\d{4}-\S+ \S+ INFO: backup of virtual machine 100 \(web1\) begins, into \/.*\.vma\.zst\n(?:.*\n)*\S+ \S+ INFO: backup of virtual machine 100 is done in \d+ s: \S+ B\n$/)
    expect(place.lines).toContain('on other hosts and passed over: 200')
  })

  it('goes on after a guest that fails, and says which one', async () => {
    double.fails.add(100)
    await expect(vzdump({vmid: '100,101,999'})).rejects.toMatchObject({kind: 'tool', message: expect.stringMatching(/^2 of 3 backups failed: 100 \(.*\); 999 \(there is no virtual machine 999/) as string, data: {failed: [100, 999], done: [101]}})
    expect(await files()).toEqual(['vzdump-lxc-101-TIME.log', 'vzdump-lxc-101-TIME.tar', 'vzdump-qemu-100-TIME.log'])
    expect(await config('nodes/h1/qemu-server/100.conf')).not.toContain('lock')
    await expect(vzdump({vmid: '999'})).rejects.toMatchObject({kind: 'not-found'})
  })

  it('refuses a guest that is locked, and leaves its lock', async () => {
    await context.store.commit({put: {'nodes/h1/qemu-server/100.conf': 'lock: migrate\n'}})
    await expect(vzdump({vmid: '100'})).rejects.toThrow('virtual machine 100 is locked (migrate)')
    expect(await config('nodes/h1/qemu-server/100.conf')).toBe('lock: migrate\n')
  })

  it('calls the script in every phase, with what it is about', async () => {
    await vzdump({vmid: '100', storage: 'local', mode: 'stop', script: await makeScript()})
    const about = 'local|qemu|web1|/lib/vz/dump/vzdump-qemu-100-TIME.vma|/lib/vz/dump/vzdump-qemu-100-TIME.log'
    expect(await calls()).toEqual([
      'job-init|/lib/vz/dump|local||||', 'job-start|/lib/vz/dump|local||||',
      ...['backup-start', 'pre-stop', 'post-restart', 'backup-end', 'log-end'].map((phase) => `${phase} stop 100|/lib/vz/dump|${about}`), 'job-end|/lib/vz/dump|local||||',
    ])
  })

  it('tells the script the mode that was taken in all phases of the guest, and the one that was asked for where none was', async () => {
    double.taken = 'suspend'
    await vzdump({vmid: '100', script: await makeScript()})
    await context.store.commit({put: {'nodes/h1/lxc/101.conf': 'arch: amd64\nlock: migrate\n'}})
    await expect(vzdump({vmid: '101', script: await makeScript()})).rejects.toThrow('locked')
    expect((await calls()).map((line) => line.split('|')[0]).filter((line) => !/^job-/.test(line ?? ''))).toEqual([
      ...['backup-start', 'pre-stop', 'post-restart', 'backup-end', 'log-end'].map((phase) => `${phase} suspend 100`), 'backup-abort snapshot 101', 'log-end snapshot 101',
    ])
  })

  it('takes what changes nothing, and says so', async () => {
    await vzdump({vmid: '100', 'pbs-change-detection-mode': 'metadata'})
    expect(place.lines).toContain('--pbs-change-detection-mode has no effect: the backups go to no backup server')
    await vzdump({vmid: '100', pigz: '2', zstd: '0'})
    expect(place.lines).toEqual(expect.arrayContaining(['--pigz has no effect: it is for --compress gzip', '--zstd has no effect: it is for --compress zstd']))
    await vzdump({vmid: '100', compress: 'zstd', pigz: '0', zstd: '2'})
    expect(place.lines.filter((line) => line.includes('has no effect'))).toHaveLength(3)
    await expect(vzdump({vmid: '100', 'pbs-change-detection-mode': 'some'})).rejects.toMatchObject({kind: 'invalid-input'})
  })

  it('tells the script of a failure, wherever it is', async () => {
    double.fails.add(100)
    const script = await makeScript('[ "$1" != backup-abort ]')
    await expect(vzdump({vmid: '100', script})).rejects.toThrow('false')
    await expect(vzdump({vmid: '999', script})).rejects.toThrow('999')
    expect((await calls()).map((line) => line.split('|')[0])).toEqual([
      'job-init', 'job-start', 'backup-start snapshot 100', 'pre-stop snapshot 100', 'backup-abort snapshot 100', 'log-end snapshot 100', 'job-end',
      'job-init', 'job-start', 'job-end',
    ])
  })

  it('keeps the archive when the script fails after it, and fails', async () => {
    await expect(vzdump({vmid: '100', script: await makeScript('[ "$1" != backup-end ]')})).rejects.toThrow(/failed in backup-end \(exit code 1\)/)
    expect(await files()).toContain('vzdump-qemu-100-TIME.vma')
    expect(await config('nodes/h1/qemu-server/100.conf')).not.toContain('lock')
  })

  it('does not begin when its compressor is missing', async () => {
    const {host} = context
    context = {...context, host: {...host, which: (program) => (program === 'pigz' ? Promise.resolve(undefined) : host.which(program)), run: host.run.bind(host)}}
    await expect(vzdump({vmid: '100', compress: 'gzip', pigz: '2', mode: 'stop', script: await makeScript()})).rejects.toMatchObject({message: 'the archive cannot be compressed: pigz is not installed', nextSteps: ['apt-get install pigz']})
    expect(await calls().catch(() => [])).toEqual([])
  })

  it('does not begin when the script refuses', async () => {
    await expect(vzdump({vmid: '100', script: await makeScript('[ "$1" != job-start ]')})).rejects.toThrow('job-start')
    expect((await calls()).map((line) => line.split('|')[0])).toEqual(['job-init', 'job-start', 'job-abort'])
    expect(await files()).toEqual([])
  })

  it('writes notes and protects, and removes what the rules give up', async () => {
    await mkdir(dump, {recursive: true})
    for (const [name, text] of [['2025_01_01-12_00_00.vma', 'a'], ['2025_01_01-12_00_00.log', 'l'], ['2025_01_02-12_00_00.vma', 'b']] as const) await writeFile(join(dump, `vzdump-qemu-100-${name}`), text)
    await vzdump({vmid: '100', storage: 'local', 'notes-template': '{{guestname}} on {{node}}\\nis {{vmid}} \\\\', 'prune-backups': 'keep-last=2'})
    const names = await readdir(dump)
    expect(names.map((name) => (name.includes('2025_') ? name : plain(name))).sort()).toEqual(['vzdump-qemu-100-2025_01_02-12_00_00.vma', 'vzdump-qemu-100-TIME.log', 'vzdump-qemu-100-TIME.vma', 'vzdump-qemu-100-TIME.vma.notes'])
    expect(await readFile(join(dump, names.find((name) => name.endsWith('.notes')) ?? ''), 'utf8')).toBe('web1 on h1\nis 100 \\\n')
    await vzdump({vmid: '100', storage: 'local', protected: true, 'prune-backups': 'keep-last=1'})
    expect((await files()).filter((name) => name.endsWith('.protected'))).toHaveLength(1)
    // A protected backup is counted by no rule.
    expect((await files()).filter((name) => name.endsWith('.vma'))).toHaveLength(2)
  })

  it('goes into a folder, with the rules of the command for it', async () => {
    dump = join(place.root, 'usb')
    await mkdir(dump)
    await vzdump({vmid: '100', dumpdir: `${dump}/`, 'prune-backups': 'keep-last=1'})
    await vzdump({vmid: '100', dumpdir: dump, 'prune-backups': 'keep-last=1'})
    expect(await files()).toEqual(['vzdump-qemu-100-TIME.log', 'vzdump-qemu-100-TIME.vma'])
  })

  it('takes what is not given from vzdump.conf', async () => {
    await mkdir(join(place.root, 'etc'))
    await writeFile(join(place.root, 'etc/vzdump.conf'), '# all\ncompress: gzip\nmode: suspend\nexclude-path: /x\nmaxfiles: 1\n')
    await vzdump({vmid: '100'})
    await vzdump({vmid: '100', compress: '0', 'exclude-path': ['/y']})
    expect(double.wishes.map(({mode, excludePaths}) => [mode, excludePaths]).at(-1)).toEqual(['suspend', ['/x', '/y']])
    expect((await files()).filter((name) => /vma/.test(name))).toEqual(['vzdump-qemu-100-TIME.vma'])
    await writeFile(join(place.root, 'etc/vzdump.conf'), 'compres: gzip\n')
    await expect(vzdump({vmid: '100'})).rejects.toMatchObject({kind: 'invalid-input', cause: {message: expect.stringContaining("'compres'") as string}})
  })

  it('shows what is preset', async () => {
    await mkdir(join(place.root, 'etc'))
    await writeFile(join(place.root, 'etc/vzdump.conf'), 'compress: gzip\nmaxfiles: 2\n')
    const entry = catalog.commands['corral backup defaults']
    if (entry === undefined) throw new Error('there is no such command')
    const {handler} = await entry.handler()
    const shown = async (input: Readonly<Record<string, unknown>>) => {
      const outcome = await runHandler(handler, input, context)
      return outcome.outcome === 'done' ? outcome.result : undefined
    }
    expect(await shown({})).toMatchObject({compress: 'gzip', mode: 'snapshot', zstd: 1, stdexcludes: true, 'prune-backups': 'keep-last=2'})
    await context.store.commit({put: {'storage.cfg': 'dir: local\n\tpath /tmp\n\tcontent backup\n\tprune-backups keep-daily=7,keep-last=3\n\n'}})
    expect(await shown({storage: 'local'})).toMatchObject({'prune-backups': 'keep-last=3,keep-daily=7'})
  })

  it('sends a mail of how it went, to those who have an address', async () => {
    await writeFile(join(place.root, 'sendmail'), `#!/bin/sh\n{ echo "$*"; cat; } >> ${place.root}/mail\n`)
    await chmod(join(place.root, 'sendmail'), 0o755)
    const {host} = context
    context = {...context, host: {...host, which: (program) => (program === 'sendmail' ? Promise.resolve(join(place.root, 'sendmail')) : host.which(program)), run: host.run.bind(host)}}
    await context.store.commit({put: {'user.cfg': 'user:joe@pve:1:0:Joe:Doe:joe@example.com:::\n'}})
    await vzdump({vmid: '100', mailto: 'joe@pve,ops@example.com,nobody@pve', mailnotification: 'failure'})
    double.fails.add(100)
    await expect(vzdump({vmid: '100,101', mailto: 'joe@pve,ops@example.com', mailnotification: 'failure'})).rejects.toThrow()
    const mail = await readFile(join(place.root, 'mail'), 'utf8').catch(() => '')
    expect(mail).toMatch(/^-B 8BITMIME -oi -- joe@example\.com ops@example\.com\nTo: joe@example\.com, ops@example\.com\nSubject: backup on h1: 1 of 2 failed\n/)
    expect(mail).toMatch(/^100 +web1 +FAILED /m)
    expect(mail).toMatch(/^101 +db1 +ok /m)
  })

  it('waits for another one as long as it may, and says for whom', async () => {
    const other = await context.store.lock('backup/h1', {reason: 'vzdump 300', timeoutMs: 1000})
    await expect(vzdump({vmid: '100', lockwait: '0'})).rejects.toMatchObject({kind: 'unavailable', message: expect.stringContaining('vzdump 300') as string})
    const waiting = vzdump({vmid: '100', lockwait: '5'})
    await expect.poll(() => place.lines.some((line) => line.includes('waiting for backup/h1, held by vzdump 300')), {timeout: 30_000}).toBe(true)
    await other.release()
    await waiting
    expect(await files()).toContain('vzdump-qemu-100-TIME.vma')
  })

  it('leaves nothing when it is stopped', async () => {
    const cancel = new AbortController()
    context = await place.open({signal: cancel.signal})
    const running = vzdump({vmid: '100,101', script: await makeScript('[ "$1" != pre-stop ] || sleep 600')})
    await expect.poll(async () => (await calls().catch(() => [])).some((line) => line.startsWith('pre-stop')), {timeout: 30_000}).toBe(true)
    cancel.abort()
    await expect(running).rejects.toMatchObject({kind: 'cancelled'})
    expect(await files()).toEqual(['vzdump-qemu-100-TIME.log'])
    expect((await calls()).map((line) => line.split('|')[0]).slice(-3)).toEqual(['backup-abort snapshot 100', 'log-end snapshot 100', 'job-abort'])
    expect(await config('nodes/h1/qemu-server/100.conf')).toBe('memory: 32\nname: web1\n')
  })

  it('tells the script of a run that died, before the next one begins', async () => {
    const script = await makeScript()
    const planned = await vzdump({vmid: '100', storage: 'local', script}, {dryRun: true})
    const undo = planned.outcome === 'planned' ? planned.plan.steps[0]?.undo : undefined
    if (undo === undefined) throw new Error('the run has no undo')
    // What a process leaves that is killed in the middle.
    const held = await context.store.lock('backup/h1', {reason: 'vzdump 100', timeoutMs: 1000})
    const journal = await startJournal({command: 'vzdump 100', locks: ['backup/h1'], whenInterrupted: 'undo'}, {...context, fences: [held.fence]})
    await journal.record(undo)
    await held.release()
    await vzdump({vmid: '100', storage: 'local', script})
    expect((await calls()).map((line) => line.split('|')[0]).slice(0, 2)).toEqual(['job-abort', 'job-init'])
    expect((await calls())[0]).toBe('job-abort|/lib/vz/dump|local||||')
  })

  it('is shown before it is done, guest by guest', async () => {
    const outcome = await vzdump({vmid: '100,999', script: await makeScript(), 'prune-backups': 'keep-last=1'}, {dryRun: true})
    const lines = outcome.outcome === 'planned' ? outcome.lines.map(plain).map((line) => line.replaceAll(place.root, '')) : []
    expect(lines).toEqual(expect.arrayContaining([
      '/hook job-init', '/hook job-start', '# back up 100, 999 in mode snapshot, into /lib/vz/dump', '# guest 100:', '+lock: backup', '/hook backup-start snapshot 100',
      'mv -- /lib/vz/dump/vzdump-qemu-100-TIME.vma.dat /lib/vz/dump/vzdump-qemu-100-TIME.vma', '-lock: backup', '/hook backup-end snapshot 100', '# guest 999:',
      "# refused: there is no virtual machine 999 on node 'h1'",
    ]))
    expect(await files()).toEqual([])
    expect(await config('nodes/h1/qemu-server/100.conf')).toBe('memory: 32\nname: web1\n')
  })

  it.each<[string, Readonly<Record<string, unknown>>, string]>([
    ['without guests', {}, 'no guest is named'],
    ['of named guests and all', {vmid: '100', all: true}, 'guests are either named or chosen by --all'],
    ['of named guests but some', {vmid: '100', exclude: '101'}, 'guests are either named or chosen by --exclude'],
    ['of a pool and all', {pool: 'p', all: true}, 'guests are chosen by --all or by --pool'],
    ['to two places', {vmid: '100', storage: 'local', dumpdir: '/tmp'}, 'to a storage or to a folder'],
    ['with rules of which one keeps all', {vmid: '100', 'prune-backups': 'keep-all=1,keep-last=1'}, 'keep-all keeps every backup'],
    ['without everything', {vmid: '100', 'exclude-path': ['*.log', '/']}, "'/' cannot be left out of a backup"],
    ['with two rules', {vmid: '100', maxfiles: '1', 'prune-backups': 'keep-last=1'}, 'contradict each other'],
    ['into a folder that is not there', {vmid: '100', dumpdir: '/nowhere'}, 'there is no folder /nowhere'],
    ['with a script that is not there', {vmid: '100', script: '/nowhere'}, 'the script /nowhere is not there'],
    ['of several to standard output', {vmid: '100,101', stdout: true}, 'only the archive of one guest'],
    ['of a pool that is not there', {pool: 'p'}, "there is no pool 'p'"],
    ['with notes of something unknown', {vmid: '100', storage: 'local', 'notes-template': '{{password}}'}, "a variable 'password'"],
    ['on a storage that is none', {vmid: '100', storage: 'nas'}, "there is no storage 'nas'"],
  ])('%s is refused', async (_about, input, message) => {
    await expect(vzdump(input)).rejects.toThrow(message)
    expect(await files()).toEqual([])
  })
})
