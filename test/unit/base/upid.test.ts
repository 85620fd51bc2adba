import {describe, expect, it} from 'vitest'
import {InvalidInputError} from '../../../src/lib/base/errors.ts'
import {formatUpid, parseUpid, taskStatusOfLog, upidLogPath, upidWord} from '../../../src/lib/base/upid.ts'

const upid = {node: 'h1', pid: 49_990, pstart: 375_000_292, starttime: 1_758_930_844, type: 'qmstart', id: '100', user: 'root@pam'}
const text = 'UPID:h1:0000C346:165A0CE4:68D7279C:qmstart:100:root@pam:'

describe('task ids', () => {
  it('are written and read back', () => {
    expect(formatUpid(upid)).toBe(text)
    expect(parseUpid(text)).toEqual(upid)
  })

  it('may have an empty id, a token as user, and a process that started more than 497 days after boot', () => {
    for (const parts of [{...upid, id: ''}, {...upid, user: 'backup@pve!nightly'}, {...upid, pstart: 0x1_0000_0000}]) {
      expect(parseUpid(formatUpid(parts))).toEqual(parts)
    }
  })

  it('name a log in the folder of the last hex digit of the start time', () => {
    expect(upidLogPath(text)).toBe(`tasks/C/${text}`)
  })

  it.each([
    ['traversal', 'UPID:h1:0000C346:165A0CE4:68D7279C:qmstart:../../etc/passwd:root@pam:'],
    ['a slash in the node', 'UPID:../h1:0000C346:165A0CE4:68D7279C:qmstart:100:root@pam:'],
    ['a line end', 'UPID:h1:0000C346:165A0CE4:68D7279C:qmstart:100\n:root@pam:'],
    ['a line end behind it', `${text}\n`],
    ['NUL', 'UPID:h1:0000C346:165A0CE4:68D7279C:qmstart:1\u000000:root@pam:'],
    ['an escape sequence', 'UPID:h1:0000C346:165A0CE4:68D7279C:qm\u001b]0;x\u0007:100:root@pam:'],
    ['a right-to-left override', 'UPID:h1:0000C346:165A0CE4:68D7279C:qmstart:1\u202e00:root@pam:'],
    ['blanks', 'UPID:h1:0000C346:165A0CE4:68D7279C:qm start:100:root@pam:'],
    ['too few digits', 'UPID:h1:C346:165A0CE4:68D7279C:qmstart:100:root@pam:'],
    ['no user', 'UPID:h1:0000C346:165A0CE4:68D7279C:qmstart:100::'],
    ['an option', '--help'],
    ['nothing', ''],
    ['too much', `UPID:h1:0000C346:165A0CE4:68D7279C:qmstart:${'1'.repeat(300)}:root@pam:`],
    ['a node name that begins with a dash', 'UPID:-h1:0000C346:165A0CE4:68D7279C:qmstart:100:root@pam:'],
  ])('with %s are refused', (_what, wrong) => {
    expect(() => parseUpid(wrong)).toThrow(InvalidInputError)
    expect(() => upidLogPath(wrong)).toThrow(InvalidInputError)
  })

  it.each([
    {...upid, pid: -1}, {...upid, pid: 2 ** 32}, {...upid, starttime: 1.5}, {...upid, id: 'local:100/x'}, {...upid, node: 'a b'},
    {...upid, type: ''}, {...upid, user: ''}, {...upid, id: 'x'.repeat(240)},
  ])('cannot be made of wrong parts (%o)', (parts) => {
    expect(() => formatUpid(parts)).toThrow(InvalidInputError)
  })

  it('take any object name once it is made to fit', () => {
    expect(formatUpid({...upid, id: upidWord('local:100/vm 1.qcow2')})).toContain(':local_100_vm_1.qcow2:')
    for (const character of ['x', 'ä', '語', '🐎']) {
      const long = {...upid, node: 'n'.repeat(63), id: upidWord(`a${character.repeat(300)}`), user: upidWord(`${character.repeat(300)}@pam`)}
      expect(parseUpid(formatUpid(long))).toEqual(long)
      expect(long.id.startsWith(`a${character}`)).toBe(true)
    }
  })
})

describe('the status in a log', () => {
  it.each([
    ['a line\nTASK OK\n', 'OK'],
    ['TASK WARNINGS: 2\n', 'WARNINGS: 2'],
    ['a\nTASK ERROR: disk full\n', 'disk full'],
    ['', 'unexpected status'],
    ['TASK OK\nand more\n', 'unexpected status'],
    ['TASK WARNINGS: many\n', 'unexpected status'],
  ])('of %j is %j', (log, status) => { expect(taskStatusOfLog(log)).toBe(status) })
})
