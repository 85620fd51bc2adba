// Suite pct-setup: a root file system and a configuration of a container -> one of its files after it was set up. The steps are the product's; beneath them
// stands a tree in memory.
import {posix} from 'node:path'
import {parseLxcConfig} from '../../src/lib/guest/lxc/config/index.ts'
import {applySetup, detectDistribution, factsFor} from '../../src/lib/guest/lxc/setup/index.ts'
import {memoryTree} from '../support/memory-tree.ts'
import {Unsupported, isRecord, type Adapter, type Data} from './adapter.ts'

const today = 20_000

export const adapter: Adapter = {
  async answer(input, env): Promise<string | undefined> {
    const set = (env['sets'] as Data)[String(input['set'])] as {readonly files: Data; readonly config: string}
    const tree = memoryTree(Object.fromEntries(Object.entries(set.files).map(([path, content]) => [path, isRecord(content) ? {link: linkOf(content)} : String(content)])))
    const {values} = parseLxcConfig(set.config).current
    const ostype = values['ostype'] ?? await detectDistribution(tree)
    const random = randomFrom((env['random'] as number[])[0] ?? 0)
    const hostDns = {nameServers: String(env['default-nameserver']).split(' '), searchDomains: String(env['default-searchdomain']).split(' ')}
    let first: string | undefined
    for (const isNew of [true, false]) {
      const facts = {...await factsFor(ostype, Number(env['vmid']), values, tree, hostDns), today, random, uuid: () => String(env['uuid'])}
      await applySetup(ostype, {tree, facts, owner: {uid: 0, gid: 0}, passwordHash: String(env['root-password-hash']), sshKeys: String(env['ssh-keys']), hostKeys: [], warn: () => undefined}, isNew)
      const text = await tree.readText(posix.normalize(String(input['file'])))
      if (isNew) first = text
      else if (text !== first) return `the second time it is another: ${String(text)}`
    }
    return first
  },
  differences(answer, expect) {
    const wanted = String(expect['content']).replaceAll('@DAYS@', String(today))
    return answer === wanted ? [] : [`the file is ${JSON.stringify(answer)}, expected ${JSON.stringify(wanted)}`]
  },
}

function linkOf(content: Readonly<Record<string, unknown>>): string {
  const [target] = Object.values(content)
  if (typeof target !== 'string') throw new Unsupported('a file of another kind')
  return target
}

/**
 * Random numbers that go on from a first one as drand48(3) does: the numbers of the suite are the beginning of its sequence, which is decided by any one of
 * them, since each is the generator's whole state of 48 bits.
 */
function randomFrom(first: number): () => number {
  const states = 2 ** 48
  let state = BigInt(Math.round(first * states))
  let isFirst = true
  return () => {
    if (!isFirst) state = (state * 0x5_DEEC_E66Dn + 0xBn) % BigInt(states)
    isFirst = false
    return Number(state) / states
  }
}
