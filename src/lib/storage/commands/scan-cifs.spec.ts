import {defineCommand} from '../../spec/index.ts'

export const spec = defineCommand({
  id: 'pvesm scan cifs',
  aliases: ['pvesm cifsscan'],
  summary: 'List the shares of an SMB server.',
  description: 'Without a user the server is asked anonymously, which many refuse. Shares whose names end in `$` are left out.',
  api: {method: 'GET', path: '/nodes/{node}/scan/cifs'},
  params: {
    server: {type: 'string', format: 'pve-storage-server', placeholder: 'host', description: 'The name or address of the server.'},
    username: {type: 'string', maxLength: 256, optional: true, placeholder: 'name', description: 'The name of the user on the server.'},
    password: {
      type: 'string', maxLength: 256, optional: true, secret: true, requires: 'username', placeholder: 'password',
      description: 'The password of the user. The program that asks the server reads it from a file that only root can read.',
    },
    domain: {type: 'string', maxLength: 256, optional: true, requires: 'username', placeholder: 'domain', description: 'The domain (workgroup) of the user.'},
  },
  args: ['server'],
  returns: {
    type: 'array', description: 'The shares, in the order of the server.',
    items: {type: 'object', properties: {share: {type: 'string', description: 'The name of the share.'}, description: {type: 'string', description: "The server's remark about it."}}},
  },
  output: {as: 'lines'},
  kind: 'read',
  runsOn: 'node',
  needs: {path: '/storage', privilege: 'Datastore.Allocate'},
  examples: [{line: 'pvesm scan cifs nas.example.com --username joe --password secret', meaning: 'What can be given to --share of pvesm add cifs.'}],
  seeAlso: ['pvesm add', 'pvesm scan nfs'],
})
