import {expect, it} from 'vitest'
import {textWithoutGuest} from '../../../../src/lib/guest/qemu/purge-references.ts'

it('takes a guest out of the lists of jobs, and a job away whose only guest it was', () => {
  const jobs = 'vzdump: a\n\tschedule daily\n\tvmid 100,101\n\nvzdump: b\n\tvmid 100\n\tschedule daily\n\nvzdump: c\n\tall 1\n\texclude 100\n'
  expect(textWithoutGuest('jobs.cfg', jobs, 100)).toBe('vzdump: a\n\tschedule daily\n\tvmid 101\n\nvzdump: c\n\tall 1\n')
  expect(textWithoutGuest('jobs.cfg', jobs, 1000)).toBe(jobs)
})

it('takes its replication jobs and its high-availability resource away', () => {
  expect(textWithoutGuest('replication.cfg', 'local: 100-0\n\ttarget h2\n\nlocal: 1000-0\n\ttarget h2\n', 100)).toBe('local: 1000-0\n\ttarget h2\n')
  expect(textWithoutGuest('ha/resources.cfg', 'vm: 100\n\tstate started\n\nct: 101\n\tstate started\n', 100)).toBe('ct: 101\n\tstate started\n')
  expect(textWithoutGuest('ha/rules.cfg', 'node-affinity: r\n\tresources vm:100,ct:101\n\tnodes h1\n', 100)).toBe('node-affinity: r\n\tresources ct:101\n\tnodes h1\n')
})
