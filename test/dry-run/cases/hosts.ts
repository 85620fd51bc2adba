// Hosts over SSH, and contexts. The host is a table, which notes what its shell was told in words of its own.
import type {DryRunCases} from '../support/case.ts'
import type {World} from '../support/world.ts'

const added = async (world: World, ...names: string[]) => {
  for (const name of names) await world.before('corral', 'host', 'add', name, 'a', ...(name === 'h2' ? ['--context', 'other'] : []))
  world.server.done.length = 0
}

export const cases: DryRunCases = {
  'corral host add': [
    {arrange: async () => ['corral', 'host', 'add', 'h1', 'a'], shows: /^scp corral-agent a:/m},
    {
      about: 'with what the host lacks',
      arrange: async ({server}) => {
        server.node = undefined
        server.idLines.delete('subgids=root:100000:65536')
        return ['corral', 'host', 'add', 'h1', 'a', '--setup']
      },
      shows: /^ssh a apt-get .* nodejs/m,
    },
  ],
  'corral host update': [{
    arrange: async (world) => {
      await added(world, 'h1')
      world.server.files.set('/usr/local/lib/corral/libexec/x', 'damaged')
      return ['corral', 'host', 'update', 'h1']
    },
    shows: /^scp libexec\/x a:/m,
  }],
  'corral host remove': [{
    arrange: async (world) => {
      await added(world, 'h1')
      return ['corral', 'host', 'remove', 'h1']
    },
    shows: /^ssh a rm -f /m,
  }],
  'corral context use': [{
    arrange: async (world) => {
      await added(world, 'h1', 'h2')
      return ['corral', 'context', 'use', 'other']
    },
    shows: /^\+current: other$/m,
  }],
}
