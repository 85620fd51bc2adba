import {defineCommand} from '../../../spec/index.ts'
import {nameParam} from './params-creation.ts'

const node = {
  name: {type: 'string', description: 'The device, or what a group of devices is.'}, state: {type: 'string', optional: true, description: 'ONLINE, DEGRADED, FAULTED, OFFLINE, UNAVAIL, REMOVED; of a spare AVAIL or INUSE.'},
  read: {type: 'integer', optional: true, description: 'Errors of reading.'}, write: {type: 'integer', optional: true, description: 'Errors of writing.'},
  cksum: {type: 'integer', optional: true, description: 'Wrong checksums.'}, msg: {type: 'string', description: 'What ZFS says of it besides.'}, leaf: {type: 'boolean', description: 'Whether nothing stands below it.'},
} as const

export const spec = defineCommand({
  id: 'corral disk zfs status',
  summary: 'Show the state of a ZFS pool.',
  description: `Shows what is wrong with the pool in the words of ZFS, what can be done about it, the last scrub or resilver, and its devices as a tree with their errors. The files that are
damaged are named by \`zpool status -v\`.`,
  api: {method: 'GET', path: '/nodes/{node}/disks/zfs/{name}'},
  params: {name: nameParam('The name of the pool.')},
  args: ['name'],
  returns: {
    type: 'object', description: 'The state of the pool.',
    properties: {
      name: {type: 'string', description: 'The name of the pool.'}, state: {type: 'string', description: 'ONLINE, DEGRADED, FAULTED or SUSPENDED.'},
      status: {type: 'string', optional: true, description: 'What is wrong, where something is.'}, action: {type: 'string', optional: true, description: 'What can be done about it.'},
      see: {type: 'string', optional: true, description: 'The page of OpenZFS that tells more.'},
      scan: {type: 'string', optional: true, description: 'The last scrub or resilver, or the one that is under way.'}, errors: {type: 'string', description: 'Errors in data.'},
      children: {
        type: 'array', description: 'The pool as a tree, and beside it logs, cache, spares and the like.',
        items: {type: 'object', properties: {...node, children: {type: 'array', optional: true, description: 'What stands below it, in the same form.', items: {type: 'any'}}}},
      },
    },
  },
  output: {as: 'lines'},
  kind: 'read',
  runsOn: 'node',
  needs: {path: '/', privilege: 'Sys.Audit'},
  examples: [
    {line: 'corral disk zfs status tank', meaning: 'Whether the pool is well, and its devices.'},
    {line: 'corral disk zfs status tank --output-format json', meaning: 'For programs.'},
  ],
  seeAlso: ['corral disk zfs list', 'zpool-status(8)'],
})
