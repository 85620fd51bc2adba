import {describe, expect, test} from 'vitest'
import {missingIdRanges, rangeInWords} from '../../../src/lib/hosts/host-settings.ts'
import {isNewEnough} from '../../../src/lib/hosts/node-version.ts'

const both = (start: number) => [{kind: 'subuids', start}, {kind: 'subgids', start}]

describe('id ranges of root', () => {
  test.each([
    {what: 'nothing', subuids: [], subgids: [], missing: both(100_000)},
    {what: 'what Debian gives its first user', subuids: ['kim:100000:65536'], subgids: ['kim:100000:65536'], missing: both(165_536)},
    {what: 'its own', subuids: ['root:100000:65536'], subgids: ['0:300000:65536'], missing: []},
    {what: 'one that is too small', subuids: ['root:100000:1000'], subgids: ['root:100000:65536'], missing: [{kind: 'subuids', start: 165_536}]},
    {what: 'a gap that is too small', subuids: ['a:100000:10', 'b:150000:65536'], subgids: [], missing: both(215_536)},
    {what: 'a gap that will do', subuids: ['a:200000:65536'], subgids: ['b:50000:50000'], missing: both(100_000)},
    {what: 'lines that are none', subuids: ['', '# root:1:65536', 'root:x:65536', `root:1:${'9'.repeat(30)}`, 'a:b:c:d'], subgids: [], missing: both(100_000)},
    {what: 'no room at all', subuids: ['a:100000:4294867295'], subgids: [], missing: []},
  ])('with $what', ({subuids, subgids, missing}) => {
    expect(missingIdRanges({subuids, subgids})).toEqual(missing)
  })

  test('stand as usermod takes them', () => {
    expect(rangeInWords({kind: 'subuids', start: 100_000})).toBe('100000-165535')
  })
})

test.each([['v20.19.0', true], ['20.19.2+dfsg-1', true], ['v22.1.0', true], ['v20.18.9', false], ['18.20.4+dfsg-1~deb12u1', false], ['', false], ['(none)', false], ['v20', false]])('Node.js %s', (version, isEnough) => {
  expect(isNewEnough(version)).toBe(isEnough)
})
