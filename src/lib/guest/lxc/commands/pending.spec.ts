import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'pct pending',
  summary: 'Show the configuration of a container with the changes that wait for its next start.',
  description: 'A line begins with `cur` for a value in force, `new` for one that will replace it, and `del` for one that will be gone.',
  api: {method: 'GET', path: '/nodes/{node}/lxc/{vmid}/pending'},
  params: {vmid: std.vmid},
  args: ['vmid'],
  returns: {
    type: 'array', description: 'One entry a key.',
    items: {
      type: 'object',
      properties: {
        key: {type: 'string', description: 'The key.'},
        value: {type: 'any', optional: true, description: 'The value in force: a number for a key that is one in pct.conf(5) and for a switch, else its text.'},
        pending: {type: 'any', optional: true, description: 'The value that waits, in the same form.'},
        delete: {type: 'integer', minimum: 0, maximum: 2, optional: true, description: '1: the key will be deleted; 2: by force, with its volume.'},
      },
    },
  },
  output: {as: 'lines'},
  kind: 'read',
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.Audit'},
  examples: [{line: 'pct pending 200', meaning: 'What is in force and what waits.'}],
  seeAlso: ['pct config', 'pct set'],
})
