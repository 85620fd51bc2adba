// corral backup job and corral snapshot job: what stands in jobs.cfg, and what is refused.
import {describe, expect, it} from 'vitest'
import {ConflictError, InvalidInputError, NotFoundError} from '../../../../src/lib/base/index.ts'
import {catalog} from '../../../../src/lib/catalog.ts'
import {checkParams} from '../../../../src/lib/spec/index.ts'
import {runHandler} from '../../../../src/lib/tasks/index.ts'
import type {Context} from '../../../../src/lib/tasks/index.ts'
import {machineRoom} from '../../guest/qemu/support/run-qm.ts'

async function job(words: string, input: Readonly<Record<string, unknown>>, context: Context): Promise<unknown> {
  const entry = catalog.commands[`corral ${words}`]
  if (entry === undefined) throw new Error('no such command')
  const [{spec}, {handler}] = await Promise.all([entry.spec(), entry.handler()])
  const outcome = await runHandler(handler, checkParams(spec.params, input), context)
  return outcome.outcome === 'done' ? outcome.result : undefined
}

const open = async (text?: string) => {
  const context = await (await machineRoom()).open()
  if (text !== undefined) await context.store.commit({put: {'jobs.cfg': text}})
  return context
}
const stored = async ({store}: Context) => (await store.read('jobs.cfg'))?.data

describe('jobs.cfg', () => {
  const foreign = 'realm-sync: ldap\n\tenabled 1\n\trealm x\n\tschedule daily\n\n'

  it('is written as Proxmox VE writes it, and what is not ours stays', async () => {
    const context = await open(foreign)
    await job('backup job add', {id: 'nightly', schedule: 'mon..fri 22:30', all: true, 'exclude-path': ['/a', '/b'], 'prune-backups': 'keep-last=3', storage: 'local'}, context)
    await job('snapshot job add', {id: 'often', schedule: '*/15', vmid: '100', 'keep-last': 4}, context)
    expect(await stored(context)).toBe(`${foreign}vzdump: nightly\n\tschedule mon..fri 22:30\n\tall 1\n\texclude-path /a\n\texclude-path /b\n\tprune-backups keep-last=3\n\tstorage local\n\nsnapshot: often\n\tschedule */15\n\tkeep-last 4\n\tvmid 100\n\n`)
    await job('backup job set', {id: 'nightly', schedule: '23:00', delete: 'exclude-path,prune-backups', comment: 'late'}, context)
    expect(await stored(context)).toContain('vzdump: nightly\n\tcomment late\n\tschedule 23:00\n\tall 1\n\tstorage local\n\n')
    await job('backup job remove', {id: 'nightly'}, context)
    await job('snapshot job remove', {id: 'often'}, context)
    expect(await stored(context)).toBe(foreign)
  }, 60_000)

  it('is not written when it could not be read whole', async () => {
    const text = 'vzdump: broken\n\tschedule never ever\n\tall 1\n\n'
    const context = await open(text)
    await expect(job('backup job add', {id: 'other', schedule: 'daily', all: true}, context)).rejects.toThrow(/line 2 .*broken/)
    await expect(job('backup job show', {id: 'broken'}, context)).rejects.toThrow(InvalidInputError)
    expect(await stored(context)).toBe(text)
    expect(await job('backup job list', {}, context)).toEqual([])
  })
})

describe('what jobs cover', () => {
  const files = {
    'nodes/h1/qemu-server/100.conf': 'name: web\nscsi0: local:100/a.raw\nscsi1: local:100/b.raw,backup=0\nide2: none,media=cdrom\nunused0: local:100/c.raw\n',
    'nodes/h2/lxc/101.conf': 'hostname: db\nrootfs: local:101/r.raw\nmp0: /srv,mp=/srv\n', 'nodes/h1/qemu-server/102.conf': 'name: lone\n', 'user.cfg': 'pool:web::102::\n',
  }

  it('their guests with the volumes, and why those are in the backups or not', async () => {
    const context = await open('vzdump: own\n\tschedule daily\n\tvmid 100,101,999\n\n')
    await context.store.commit({put: files})
    expect(await job('backup job volumes', {id: 'own'}, context)).toEqual({children: [
      {id: 100, type: 'qemu', name: 'web', children: [
        {id: '100:scsi0', name: 'local:100/a.raw', included: true, reason: 'enabled'}, {id: '100:scsi1', name: 'local:100/b.raw', included: false, reason: 'backup=no'},
        {id: '100:unused0', name: 'local:100/c.raw', included: false, reason: 'not used by the machine'},
      ]},
      {id: 101, type: 'lxc', name: 'db', children: [
        {id: '101:rootfs', name: 'local:101/r.raw', included: true, reason: 'the root file system'}, {id: '101:mp0', name: '/srv', included: false, reason: 'it is the folder /srv of the host'},
      ]},
      {id: 999, type: 'unknown'},
    ]})
    await expect(job('backup job volumes', {id: 'none'}, context)).rejects.toThrow(NotFoundError)
  })

  it('the guests that no job is for', async () => {
    const left = async (text: string) => {
      const context = await open(text)
      await context.store.commit({put: files})
      return job('backup job uncovered', {}, context)
    }
    expect(await left('vzdump: a\n\tschedule daily\n\tpool web\n\nvzdump: off\n\tschedule daily\n\tall 1\n\tenabled 0\n\n')).toEqual([{vmid: 100, type: 'qemu', name: 'web'}, {vmid: 101, type: 'lxc', name: 'db'}])
    expect(await left('vzdump: a\n\tschedule daily\n\texclude 102\n\tnode h1\n\n')).toEqual([{vmid: 101, type: 'lxc', name: 'db'}, {vmid: 102, type: 'qemu', name: 'lone'}])
    expect(await left('vzdump: a\n\tschedule daily\n\tall 1\n\n')).toEqual([])
  })
})

describe('a start time with days of the week', () => {
  it('is a schedule', async () => {
    const context = await open()
    await job('backup job add', {id: 'own', starttime: '22:30', dow: 'mon,fri', vmid: '100'}, context)
    expect(await stored(context)).toBe('vzdump: own\n\tschedule mon,fri 22:30\n\tvmid 100\n\n')
    await job('backup job set', {id: 'own', starttime: '3:05'}, context)
    expect(await stored(context)).toContain('\tschedule 3:05\n')
    await expect(job('backup job set', {id: 'own', starttime: '3:05', schedule: 'daily'}, context)).rejects.toThrow('older form')
    await expect(job('backup job set', {id: 'own', starttime: '25:00'}, context)).rejects.toThrow("'25:00' is no time of the day")
    await expect(job('backup job set', {id: 'own', dow: 'mon'}, context)).rejects.toThrow('starttime')
  })
})

describe('vzdump.cron of an old installation', () => {
  const text = [
    '# cluster wide vzdump cron schedule', 'PATH="/usr/sbin:/usr/bin:/sbin:/bin"', '', '0 2 * * 6           root vzdump 100 101 --mode snapshot --mailto root@pam --quiet 1 --storage local',
    '#30 23 * * mon-fri,0  root /usr/sbin/vzdump --all 1 --compress zstd --exclude-path "/a b" --node h1', '5 4 * * * root #vzdump --pool web', '',
  ].join('\n')
  const rows = async (context: Context) => (await job('backup job list', {}, context)) as Record<string, unknown>[]

  it('has jobs, which move to jobs.cfg with the first change', async () => {
    const context = await open('vzdump: own\n\tschedule daily\n\tall 1\n\n')
    await context.store.commit({put: {'vzdump.cron': text}})
    const jobs = (await rows(context)).map(({schedule, guests, enabled, storage, compress, node}) => ({schedule, guests, enabled, storage, compress, node}))
    expect(jobs).toHaveLength(4)
    expect(jobs).toEqual(expect.arrayContaining([
      {schedule: 'sat 02:00', guests: '100,101', enabled: true, storage: 'local', compress: undefined, node: undefined},
      {schedule: 'mon,tue,wed,thu,fri,sun 23:30', guests: 'all', enabled: false, storage: undefined, compress: 'zstd', node: 'h1'},
      {schedule: '04:05', guests: 'pool web', enabled: false, storage: undefined, compress: undefined, node: undefined},
    ]))
    const id = String((await rows(context)).find(({schedule}) => schedule === 'sat 02:00')?.['id'])
    await job('backup job set', {id, comment: 'old'}, context)
    expect((await context.store.read('vzdump.cron'))?.data).toBeUndefined()
    expect(await stored(context)).toContain(`vzdump: ${id}\n\tcomment old\n\tschedule sat 02:00\n\tmailto root@pam\n\tmode snapshot\n\tstorage local\n\tvmid 100,101\n\n`)
    expect(await rows(context)).toHaveLength(4)
  })

  it('is not moved when a line of it cannot be read, which is told', async () => {
    const context = await open()
    await context.store.commit({put: {'vzdump.cron': `${text}0 2 1 * * root vzdump 100\n0 2 * * fr root vzdump 100\n0 3 * * * root vzdump 100 --sotrage x\n`}})
    expect(await rows(context)).toHaveLength(3)
    await expect(job('backup job add', {id: 'new', schedule: 'daily', all: true}, context)).rejects.toThrow(/^vzdump\.cron, line 7: it is no line/)
    expect(await stored(context)).toBeUndefined()
  })
})

describe('what is refused, and changes nothing', () => {
  it.each<[string, string, Readonly<Record<string, unknown>>, new (...args: never[]) => Error]>([
    ['no guests', 'backup job add', {id: 'new', schedule: 'daily'}, InvalidInputError],
    ['guests named twice', 'backup job add', {id: 'new', schedule: 'daily', all: true, vmid: '100'}, InvalidInputError],
    ['a name that is taken', 'backup job add', {id: 'often', schedule: 'daily', all: true}, ConflictError],
    ['a storage that is not there', 'backup job add', {id: 'new', schedule: 'daily', all: true, storage: 'none'}, NotFoundError],
    ['a storage and a folder', 'backup job add', {id: 'new', schedule: 'daily', all: true, storage: 'local', dumpdir: '/x'}, InvalidInputError],
    ['rules that contradict each other', 'backup job add', {id: 'new', schedule: 'daily', all: true, 'prune-backups': 'keep-all=1,keep-last=2'}, InvalidInputError],
    ['a job of the other type', 'backup job set', {id: 'often', schedule: 'daily'}, NotFoundError],
    ['a setting that is not there', 'snapshot job set', {id: 'often', delete: 'storage'}, InvalidInputError],
    ['no schedule', 'snapshot job set', {id: 'often', delete: 'schedule'}, InvalidInputError],
    ['set and taken away', 'snapshot job set', {id: 'often', delete: 'keep-last', 'keep-last': 3}, InvalidInputError],
    ['another digest', 'snapshot job set', {id: 'often', digest: '0'.repeat(40), comment: 'x'}, ConflictError],
    ['nobody', 'snapshot job remove', {id: 'never'}, NotFoundError],
  ])('%s', async (_about, words, input, error) => {
    const text = 'snapshot: often\n\tschedule */15\n\tall 1\n\n'
    const context = await open(text)
    await expect(job(words, input, context)).rejects.toThrow(error)
    expect(await stored(context)).toBe(text)
  })

  it('values that no job has', () => {
    const check = async (input: Readonly<Record<string, unknown>>) => checkParams((await catalog.commands['corral snapshot job add']?.spec())?.spec.params ?? {}, input)
    return Promise.all([{id: 'x'.repeat(25), schedule: 'daily'}, {id: 'new', schedule: '25:00'}, {id: 'new', schedule: 'daily', 'keep-last': -1}].map((input) => expect(check(input)).rejects.toThrow(InvalidInputError)))
  })
})
