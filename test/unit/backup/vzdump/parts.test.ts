// What vzdump computes: programs, names, notes, addresses, settings.
import {describe, expect, it} from 'vitest'
import {archiveNames, archiveStem} from '../../../../src/lib/backup/vzdump/archive-place.ts'
import {compressorOf} from '../../../../src/lib/backup/vzdump/compressor.ts'
import {backupPlace, jobOptions} from '../../../../src/lib/backup/vzdump/job-options.ts'
import {addressOf, mailText, sendmailArgv} from '../../../../src/lib/backup/vzdump/mail-report.ts'
import {notesOf} from '../../../../src/lib/backup/vzdump/notes.ts'
import {parseVzdumpConf} from '../../../../src/lib/backup/vzdump/vzdump-conf.ts'
import {parseArchiveName} from '../../../../src/lib/storage/archive-name.ts'

describe('an archive', () => {
  it.each([
    [{compress: 'none', pigz: 0, zstd: 1}, '', undefined],
    [{compress: 'lzo', pigz: 0, zstd: 1}, '.lzo', ['lzop', '-c']],
    [{compress: 'gzip', pigz: 0, zstd: 1}, '.gz', ['gzip', '--rsyncable', '-c']],
    [{compress: 'gzip', pigz: 1, zstd: 1}, '.gz', ['pigz', '-p', '4', '--rsyncable', '-c']],
    [{compress: 'gzip', pigz: 3, zstd: 1}, '.gz', ['pigz', '-p', '3', '--rsyncable', '-c']],
    [{compress: 'zstd', pigz: 0, zstd: 0}, '.zst', ['zstd', '-q', '-1', '--threads=4', '-c']],
  ] as const)('is compressed by %j', (job, suffix, argv) => {
    expect(compressorOf(job, 8)).toEqual({suffix, ...(argv === undefined ? {} : {argv})})
  })

  it('has a name that listings read, and none that they take for a backup until it is whole', () => {
    const timeMs = new Date(2026, 0, 31, 3, 5, 9).getTime()
    const stem = archiveStem('qemu', 100, timeMs)
    expect(stem).toBe('vzdump-qemu-100-2026_01_31-03_05_09')
    const {archive, unfinished, log} = archiveNames(stem, 'vma', '.zst')
    expect(parseArchiveName(archive)).toMatchObject({isStandard: true, vmid: 100, createdAtMs: timeMs, format: 'vma', compression: 'zst', logFileName: log})
    expect(() => parseArchiveName(unfinished)).toThrow('not the name of a backup')
  })
})

describe('notes', () => {
  const facts = {cluster: 'c1', guestname: 'web {{vmid}}', node: 'h1', vmid: 100}

  it('have the facts filled in, once', () => {
    expect(notesOf('{{guestname}}, {{ node }}\\n{{cluster}} \\\\n {{vmid}}', facts)).toBe('web {{vmid}}, h1\nc1 \\n 100')
  })

  it.each(['{{secret}}', 'a\\b', 'a\\'])('%s is refused', (template) => {
    expect(() => notesOf(template, facts)).toThrow('the template of the notes')
  })
})

describe('a mail', () => {
  const users = 'user:joe@pve:1:0:Joe:Doe:joe@example.com:::\nuser:eve@pve:1:0:Eve::-oQ/tmp@x:::\n'

  it.each([['ops@example.com', 'ops@example.com'], ['joe@pve', 'joe@example.com'], ['root@pam', 'root'], ['eve@pve', undefined], ['-t@example.com', undefined], ['a,b@example.com', undefined]])('for %s goes to %s', (word, to) => {
    expect(addressOf(word, users)).toBe(to)
  })

  it('is nothing that addresses could turn into options', () => {
    expect(sendmailArgv('/usr/sbin/sendmail', ['a@b.c'], '-X/tmp@x')).toEqual(['/usr/sbin/sendmail', '-B', '8BITMIME', '-oi', '--', 'a@b.c'])
  })

  it('names what failed', () => {
    const text = mailText(['a@b.c'], {node: 'h1', seconds: 5, failure: 'the storage is away', outcomes: [{vmid: 100, name: 'x\u001b[2J', isDone: false, seconds: 3, error: new Error('no space'), log: 'line\n'}]}, undefined)
    expect(text).toMatch(/^To: a@b\.c\nSubject: backup on h1: failed\n(?:.+\n)*\nthe storage is away\nVMID +NAME/)
    expect(text).toContain('100: no space')
    expect(text).not.toContain('\u001b')
  })
})

describe('settings', () => {
  it('of the command go before those of the file, and a place before both', () => {
    const conf = parseVzdumpConf('dumpdir: /b/\ncompress: 1\nionice: 8\nremove: 0\nprune-backups: keep-last=2\nfleecing: 1\nperformance: max-workers=2\npbs-change-detection-mode: data\n')
    expect(backupPlace({}, conf)).toEqual({dumpDir: '/b'})
    expect(backupPlace({storage: 'nas'}, conf)).toEqual({storage: 'nas'})
    expect(jobOptions({compress: 'zstd', remove: true}, conf, undefined)).toMatchObject({dumpDir: '/b', compress: 'zstd', ionice: 8, removes: true, retention: {'keep-last': 2}, fleecing: {}, performance: {maxWorkers: 2}})
    expect(jobOptions({}, conf, undefined)).toMatchObject({compress: 'lzo', removes: false})
  })

  it.each(['compress zstd', 'mode: later', 'ionice: 9', 'nonsense: 1', 'pbs-change-detection-mode: some', 'exclude-path: /', 'prune-backups: foo=bar'])('%j of the file is refused', (line) => {
    expect(() => parseVzdumpConf(`${line}\n`)).toThrow()
  })
})
