import {defineCommand} from '../../spec/index.ts'

export const spec = defineCommand({
  id: 'pvesm apiinfo',
  summary: "Show which version of Proxmox VE's storage interface the commands follow.",
  description: `Scripts and hosts ask for it before they send volumes to each other. The interface is that of Proxmox VE's own storages: extensions written
for it in Perl cannot be used.`,
  params: {},
  args: [],
  returns: {
    type: 'object', description: 'The interface.',
    properties: {
      apiver: {type: 'integer', description: 'The version.'},
      apiage: {type: 'integer', description: 'How many versions before it are spoken as well.'},
    },
  },
  output: {as: 'lines'},
  kind: 'read',
  runsOn: 'node',
  needs: 'root',
  examples: [{line: 'pvesm apiinfo', meaning: 'The version and how far back it reaches.'}],
  seeAlso: ['pvesm status'],
})
