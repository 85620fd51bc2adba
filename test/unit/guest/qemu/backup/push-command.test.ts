// How many parts of a disk a backup job reads at once.
import {describe, expect, it} from 'vitest'
import {pushCommand} from '../../../../../src/lib/guest/qemu/backup/backup-nodes.ts'

describe('a backup job', () => {
  it.each([[undefined, 16], [1, 1], [64, 64]])('of which %s is said reads %i parts at once, because QEMU itself would take 64', (maxWorkers, count) => {
    expect(pushCommand({key: 'scsi0', maxWorkers}).arguments['x-perf']).toEqual({'max-workers': count})
  })
})
