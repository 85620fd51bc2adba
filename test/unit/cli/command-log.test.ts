import {describe, expect, test} from 'vitest'
import {commandLog} from '../../../src/lib/cli/command-log.ts'

function logOn(stream: {isTTY?: boolean; columns?: number}, options: {isQuiet?: boolean; env?: Record<string, string>} = {}) {
  let text = ''
  let nowMs = 0
  const log = commandLog({...stream, write: (more) => { text += more }}, {env: {LANG: 'C'}, ...options, nowMs: () => nowMs})
  return {log, elapse: (ms: number) => { nowMs += ms }, taken: () => { const all = text; text = ''; return all }}
}

const MiB = 1024 ** 2

describe('progress on a terminal', () => {
  const copied = ({log, elapse}: ReturnType<typeof logOn>) => {
    for (let done = 0; done < 4; done++) { log.progress(done * 100 * MiB, 1000 * MiB, 'scsi0', 'bytes'); elapse(1000) }
  }

  test('is one line redrawn, with its speed and the time left once they are known', () => {
    const place = logOn({isTTY: true, columns: 80})
    copied(place)
    const [, ...drawn] = place.taken().split('\r\u001b[K')
    expect(drawn).toEqual([
      'scsi0 [........................] 0 %', 'scsi0 [##......................] 10 %',
      'scsi0 [####....................] 20 %  100.0 MiB/s  0:08 left', 'scsi0 [#######.................] 30 %  100.0 MiB/s  0:07 left',
    ])
    place.log.warn('slow')
    expect(place.taken()).toBe('\r\u001b[KWarning: slow\n')
    place.log.progress(1000 * MiB, 1000 * MiB, 'scsi0', 'bytes')
    place.log.finish()
    expect(place.taken()).toBe('')
  })

  test('has no more than ten pictures a second', () => {
    const place = logOn({isTTY: true, columns: 80})
    for (let done = 0; done < 1000; done++) { place.log.progress(done, 1000, 'x'); place.elapse(1) }
    expect(place.taken().split('\r').length - 1).toBe(10)
  })

  test.each([[20], [40], [10], [1]])('stays within %i columns', (columns) => {
    const place = logOn({isTTY: true, columns}, {env: {LANG: 'C.UTF-8'}})
    copied(place)
    place.log.progress(500 * MiB, 1000 * MiB, '磁盘磁盘磁盘磁盘磁盘磁盘磁盘磁盘磁盘磁盘磁盘磁盘', 'bytes')
    for (const line of place.taken().split('\r\u001b[K')) expect([...line].reduce((width, character) => width + (/\p{Script=Han}/u.test(character) ? 2 : 1), 0)).toBeLessThan(Math.max(20, columns))
  })

  test('shows control characters and clears the line that it left', () => {
    const place = logOn({isTTY: true, columns: 80})
    place.log.progress(1, 10, 'a\u001b]0;x\u0007')
    expect(place.taken()).toBe('\r\u001b[Ka\\x1B]0;x\\x07 [##......................] 10 %')
    place.log.finish()
    expect(place.taken()).toBe('\r\u001b[K')
  })
})

describe('progress elsewhere', () => {
  test('is a plain line every few seconds, and nothing for what is quick', () => {
    const place = logOn({})
    for (let done = 0; done <= 24; done++) { place.log.progress(done * MiB, 24 * MiB, 'scsi0', 'bytes'); place.elapse(500) }
    expect(place.taken()).toBe('scsi0: 10.0 MiB of 24.0 MiB, 41 %  2.0 MiB/s  0:07 left\nscsi0: 20.0 MiB of 24.0 MiB, 83 %  2.0 MiB/s  0:02 left\nscsi0: 24.0 MiB of 24.0 MiB, 100 %  2.0 MiB/s\n')
    for (let done = 0; done <= 9; done++) { place.log.progress(done, 9, 'quick'); place.elapse(500) }
    expect(place.taken()).toBe('')
  })

  test('is nothing with --quiet', () => {
    const place = logOn({isTTY: true, columns: 80}, {isQuiet: true})
    place.log.progress(1, 2, 'x')
    expect(place.taken()).toBe('')
  })
})
