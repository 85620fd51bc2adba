// What a keeper leaves for completion: asked for once after several calls, written privately, and never a reason for anything else to fail.
import {mkdtemp, readFile, rm, stat} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {describe, expect, onTestFinished, test} from 'vitest'
import {hostNames, mayChangeNames} from '../../../../src/lib/cli/keeper/host-names.ts'
import {remoteFolderName} from '../../../../src/lib/completion/index.ts'
import {openPeer} from '../../../../src/lib/host/protocol/index.ts'
import type {Method} from '../../../../src/lib/host/protocol/index.ts'
import {duplexPair} from '../../../support/duplex-pair.ts'
import {FakeClock} from '../contexts/support.ts'

const host = {name: 'h1', ssh: 'root@h1'}

async function place(names: Method) {
  const cache = await mkdtemp(join(tmpdir(), 'corral-names-'))
  const [near, far] = duplexPair()
  openPeer(far, {role: 'agent', name: 'the keeper'}).handle({names})
  const agent = openPeer(near, {role: 'client', name: 'host h1'})
  const stop = new AbortController()
  onTestFinished(async () => { stop.abort(); agent.close(); await rm(cache, {recursive: true, force: true}) })
  const clock = new FakeClock()
  const refresh = hostNames({host, agent, clock, env: {HOME: '/nonexistent', XDG_CACHE_HOME: cache}, signal: stop.signal})
  return {refresh, clock, guests: join(cache, 'corral/completion', remoteFolderName(host), 'guests')}
}

const text = (...lines: string[]) => ['#corral-names 1 7', ...lines, ''].join('\n')

describe('names of a host', () => {
  test('are asked for once after several calls, and again when some come meanwhile', async () => {
    let asked = 0
    let answer: (names: unknown) => void = () => undefined
    const {refresh, clock, guests} = await place(() => { asked++; return new Promise((resolve) => { answer = resolve }) })
    for (let call = 0; call < 3; call++) refresh()
    await expect.poll(() => clock.sleeping).toBe(1)
    clock.advance(500)
    await expect.poll(() => asked).toBe(1)
    refresh()
    answer({guests: text('100\tweb\tqemu\th1')})
    await expect.poll(() => readFile(guests, 'utf8').catch(() => '')).toBe(text('100\tweb\tqemu\th1'))
    expect((await stat(guests)).mode & 0o777).toBe(0o600)
    await expect.poll(() => clock.sleeping).toBe(1)
    clock.advance(500)
    await expect.poll(() => asked).toBe(2)
    answer({guests: text('100\tweb\tqemu\th1', '101\t\u001b[2J\tqemu\th1', '$(id)\tx\tqemu\th1')})
    await expect.poll(async () => (await readFile(guests, 'utf8')).includes('$(id)')).toBe(false)
  })

  test('that an agent does not give are done without, and asked for at the next occasion', async () => {
    let asked = 0
    const {refresh, clock} = await place(async () => { asked++; throw new Error('no such thing') })
    for (let round = 1; round <= 2; round++) {
      refresh()
      await expect.poll(() => clock.sleeping).toBe(1)
      clock.advance(500)
      await expect.poll(() => asked).toBe(round)
      await new Promise((resolve) => { setTimeout(resolve, 20) })
    }
  })
})

test('which calls may change names', () => {
  expect([
    ['run', {command: 'qm set', params: {}, dryRun: false}], ['run', {command: 'qm list', params: {}, dryRun: false, isRead: true}], ['run', {command: 'qm set', dryRun: true}],
    ['startTask', {}], ['followTask', {}], ['hello', {}], ['facts', {}], ['run', null],
  ].map(([method, params]) => mayChangeNames(method as string, params))).toEqual([true, false, false, true, true, false, false, false])
})
