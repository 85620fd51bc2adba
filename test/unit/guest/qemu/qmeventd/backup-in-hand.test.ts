// How long the QEMU of a guest that has switched itself off is left to its backup.
import {describe, expect, it} from 'vitest'
import {waitForBackup} from '../../../../../src/lib/guest/qemu/qmeventd/backup-in-hand.ts'
import {fakeClock} from '../../../../support/fake-clock.ts'

interface Seen { nodes: readonly string[]; job?: string }

/** Waits with a QEMU that says what `seen` says, and tells after how many milliseconds it was over. */
async function waited(seen: Seen, changes: readonly (readonly [number, Seen])[]): Promise<number> {
  const clock = fakeClock()
  const client = {
    execute: (command: string) => Promise.resolve(command === 'query-jobs'
      ? seen.job === undefined ? [] : [{id: 'backup-scsi0', status: seen.job, 'current-progress': 0, 'total-progress': 1}]
      : seen.nodes.map((name) => ({'node-name': name}))),
  }
  let endedMs: number | undefined
  const waiting = waitForBackup(client, clock).then(() => { endedMs = clock.monotonicMs() })
  for (const [atMs, next] of changes) {
    await clock.advance(atMs - clock.monotonicMs())
    Object.assign(seen, {job: undefined}, next)
  }
  await clock.advance(60_000)
  await waiting
  return endedMs ?? -1
}

const filtered = {nodes: ['drive-scsi0', 'bc-scsi0']}

describe('a guest that has switched itself off', () => {
  it('is not waited for when nobody backs it up', async () => {
    expect(await waited({nodes: ['drive-scsi0'], job: 'running'}, [])).toBe(0)
  })

  it('stays until its disks are read', async () => {
    expect(await waited({...filtered, job: 'running'}, [[599_900, {nodes: ['drive-scsi0']}]])).toBe(600_000)
    expect(await waited({...filtered, job: 'running'}, [[599_900, {...filtered, job: 'concluded'}], [604_900, {...filtered, job: 'running'}], [1_199_900, {nodes: []}]])).toBe(1_200_000)
  })

  it('stays no longer than a moment when the backup has died', async () => {
    expect(await waited({...filtered, job: 'running'}, [[599_900, {...filtered, job: 'concluded'}]])).toBe(610_000)
    expect(await waited(filtered, [])).toBe(10_000)
  })
})
