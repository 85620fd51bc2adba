import {defineCommand} from '../../spec/index.ts'

export const spec = defineCommand({
  id: 'pvesm scan nfs',
  aliases: ['pvesm nfsscan'],
  summary: 'List what an NFS server exports.',
  description: 'The server is asked by its mount daemon. One that speaks NFS version 4 alone has none, and its exports must be known.',
  api: {method: 'GET', path: '/nodes/{node}/scan/nfs'},
  params: {server: {type: 'string', format: 'pve-storage-server', placeholder: 'host', description: 'The name or address of the server.'}},
  args: ['server'],
  returns: {
    type: 'array', description: 'The exports, in the order of the server.',
    items: {type: 'object', properties: {path: {type: 'string', description: 'The path that is exported.'}, options: {type: 'string', description: 'Who may mount it, as the server says.'}}},
  },
  output: {as: 'lines'},
  kind: 'read',
  runsOn: 'node',
  needs: {path: '/storage', privilege: 'Datastore.Allocate'},
  examples: [{line: 'pvesm scan nfs nas.example.com', meaning: 'What can be given to --export of pvesm add nfs.'}],
  seeAlso: ['pvesm add', 'pvesm scan cifs'],
})
