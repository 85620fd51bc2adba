import {defineCommand} from '../../spec/index.ts'

export const spec = defineCommand({
  id: 'pvesm scan zfs',
  aliases: ['pvesm zfsscan'],
  summary: 'List the ZFS pools of the host and the file systems in them.',
  api: {method: 'GET', path: '/nodes/{node}/scan/zfs'},
  params: {},
  args: [],
  returns: {type: 'array', description: 'The pools and file systems. Folders of containers are left out.', items: {type: 'object', properties: {pool: {type: 'string', description: 'The name of the pool or file system.'}}}},
  output: {as: 'lines'},
  kind: 'read',
  runsOn: 'node',
  needs: {path: '/storage', privilege: 'Datastore.Allocate'},
  examples: [{line: 'pvesm scan zfs', meaning: 'What can be given to --pool of pvesm add zfspool.'}],
  seeAlso: ['pvesm add', 'pvesm scan lvm'],
})
