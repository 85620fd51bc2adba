// The snapshots of a job: their names, and which of a guest's are given up.
import {expect, it} from 'vitest'
import {givenUp, snapshotDescriptionOf, snapshotNameOf} from '../../../../src/lib/backup/jobs/snapshot-names.ts'
import {inZone} from '../../../support/time-zone.ts'

const newMs = new Date('2026-01-31T22:15:00Z').getTime()
const own = (name: string, minutes: number) => ({name, description: snapshotDescriptionOf('nightly'), timeSeconds: newMs / 1000 - minutes * 60})

it('are named after the job and its time', () => {
  inZone('UTC', () => { expect(snapshotNameOf('nightly', newMs)).toBe('nightly-20260131-221500') })
  expect(snapshotNameOf('a'.repeat(24), newMs)).toHaveLength(40)
})

it('are given up by the rules, oldest first, the new one counted', () => {
  const three = [own('nightly-20260131-220000', 15), own('nightly-20260131-214500', 30), own('nightly-20260131-213000', 45)]
  expect(givenUp('nightly', three, {'keep-last': 2}, newMs)).toEqual(['nightly-20260131-213000', 'nightly-20260131-214500'])
  expect(givenUp('nightly', three, {}, newMs)).toEqual([])
})

it('leave those of others alone, and count them not', () => {
  const others = [
    {...own('before-upgrade', 10)}, {...own('nightly-20260131-220000', 15), description: undefined}, {...own('nightly-20260131-214500', 30), description: 'mine'},
    own('nightly-x', 45), {...own('nightly2-20260131-213000', 45)}, {...own('nightly-20260131-211500', 60), timeSeconds: undefined},
  ]
  expect(givenUp('nightly', others, {'keep-last': 1}, newMs)).toEqual([])
})
