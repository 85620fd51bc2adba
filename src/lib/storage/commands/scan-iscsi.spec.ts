import {defineCommand} from '../../spec/index.ts'

export const spec = defineCommand({
  id: 'pvesm scan iscsi',
  aliases: ['pvesm iscsiscan'],
  summary: 'List the targets of an iSCSI portal.',
  description: 'Nothing is written down by that: the host does not log in at any of them.',
  api: {method: 'GET', path: '/nodes/{node}/scan/iscsi'},
  params: {portal: {type: 'string', format: 'pve-storage-portal-dns', placeholder: 'host', description: 'The name or address of the portal, with its port where that is not 3260.'}},
  args: ['portal'],
  returns: {
    type: 'array', description: 'The targets, in the order of the portal.',
    items: {type: 'object', properties: {target: {type: 'string', description: 'The name of the target.'}, portal: {type: 'string', description: 'Where it is reached: address, port and portal group.'}}},
  },
  output: {as: 'lines'},
  kind: 'read',
  runsOn: 'node',
  needs: {path: '/storage', privilege: 'Datastore.Allocate'},
  examples: [{line: 'pvesm scan iscsi 192.0.2.10', meaning: 'What can be given to --target of pvesm add iscsi.'}],
  seeAlso: ['pvesm add', 'pvesm scan lvm'],
})
