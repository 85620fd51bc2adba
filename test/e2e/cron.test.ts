// A backup job that a real cron begins: at its time it makes a backup, removes the older ones and says nothing; what goes wrong is mailed, stands in the log and
// makes the command fail. Cron looks at each full minute, so the test waits for two of them and works little.
import {spawnSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync} from 'node:fs'
import {join, resolve} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {Installation, waitUntil} from './support/installation.ts'
import {overSsh} from './support/over-ssh.ts'
import {PrivateCron, cronIsMissing} from './support/private-cron.ts'

const why = overSsh() ? 'cron runs on this host' : cronIsMissing()
if (why !== undefined) console.log(`cron: skipped, because ${why}`)

const program = join(process.env['CORRAL_TEST_BIN'] ?? resolve(import.meta.dirname, '../../bin'), 'corral')
/** A full minute and what is done in it, on a machine that is busy. */
const minuteMs = 240_000

describe.skipIf(why !== undefined)('a job that cron begins', {timeout: 3 * minuteMs}, () => {
  const installation = new Installation([], '/tmp/cj-')
  const folder = mkdtempSync('/tmp/cron-')
  const dump = join(installation.root, 'lib/vz/dump')
  let cron: PrivateCron

  async function corral(...words: string[]): Promise<string> {
    const answer = await installation.call('corral', words)
    if (answer.code !== 0) throw new Error(`corral ${words.join(' ')} ended with ${answer.code}: ${answer.stderr}`)
    return answer.stdout
  }
  const jobs = async () => JSON.parse(await corral('schedule', 'list', '--output-format', 'json')) as {id: string; status?: string; upid?: string}[]
  const statusOf = async (id: string) => (await jobs()).find((job) => job.id === id)?.status
  const archives = () => readdirSync(dump).filter((name) => name.endsWith('.vma.zst'))

  beforeAll(async () => {
    await installation.create(100, {options: ['--scsi0', 'local:0.01', '--name', 'web']})
    mkdirSync(dump, {recursive: true})
    for (const day of ['01', '02']) writeFileSync(join(dump, `vzdump-qemu-100-2025_01_${day}-12_00_00.vma.zst`), '')
    await corral('backup', 'job', 'add', 'each-minute', '--schedule', '*:*', '--vmid', '100', '--storage', 'local', '--compress', 'zstd', '--prune-backups', 'keep-last=2')
    await corral('backup', 'job', 'add', 'broken', '--schedule', '*:*', '--vmid', '999', '--mailto', 'admin@example.com', '--mailnotification', 'failure', '--enabled', '0')
    // From here on both are known, and begin with their next minute.
    await corral('schedule', 'run')
    cron = await PrivateCron.start(folder)
    const installed = spawnSync(cron.prefix[0] ?? '', [...cron.prefix.slice(1), program, 'schedule', 'install', '--cron'], {
      encoding: 'utf8', env: {...process.env, CORRAL_ROOT: installation.root},
    })
    expect([installed.status, installed.stderr]).toEqual([0, ''])
  }, minuteMs)

  afterAll(async () => {
    // First cron, which would begin another run.
    await cron?.stop()
    await installation.close()
    rmSync(folder, {recursive: true, force: true})
  }, 60_000)

  it('makes a backup at its time, keeps what the rules keep, and mails nothing', async () => {
    await waitUntil(`the job to end well (${cron.log()})`, async () => await statusOf('each-minute') === 'OK', minuteMs)
    const [older, made] = archives().sort()
    expect(older).toBe('vzdump-qemu-100-2025_01_02-12_00_00.vma.zst')
    expect(made).toMatch(/^vzdump-qemu-100-20(?!25).*\.vma\.zst$/)
    expect(archives()).toHaveLength(2)
    expect(cron.letters()).toEqual([])
    expect(cron.log()).toMatch(/CMD \(.*corral schedule run\)/)
    expect(cron.log()).not.toContain('error')
  })

  it('mails what went wrong, once by cron and once by the job, and fails', async () => {
    await corral('backup', 'job', 'set', 'broken', '--enabled', '1')
    const byCron = () => cron.letters().find((letter) => /^sendmail .*CronDaemon/.test(letter))
    await waitUntil('cron to mail', () => byCron() !== undefined, minuteMs)
    await corral('backup', 'job', 'set', 'broken', '--enabled', '0')
    expect(byCron()).toMatch(/^To: root$/m)
    expect(byCron()).toMatch(/^Warning: job 'broken' failed: there is no virtual machine 999 on node '.*'$/m)
    expect(byCron()).toMatch(/^Error: 1 of \d jobs failed: broken$/m)
    // The other job went well and is no news.
    expect(byCron()).not.toContain('each-minute')
    expect(cron.letters().find((letter) => letter.startsWith('sendmail -B 8BITMIME -oi -- admin@example.com\n'))).toMatch(/^Subject: backup on .*: 1 of 1 failed$/m)
    await waitUntil('cron to log the exit code', () => cron.log().includes('failed with exit status 5'), 10_000)
    expect(await statusOf('broken')).toMatch(/there is no virtual machine 999/)
    const upid = (await jobs()).find(({id}) => id === 'broken')?.upid ?? ''
    const log = await installation.call('pvenode', ['task', 'log', upid])
    expect(log.stdout).toContain('TASK ERROR: there is no virtual machine 999')
    expect(archives()).toHaveLength(2)
  })
})
