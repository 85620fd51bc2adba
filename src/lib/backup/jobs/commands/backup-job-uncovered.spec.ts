import {defineCommand} from '../../../spec/index.ts'
import {jobsFiles} from './job-results.ts'

export const spec = defineCommand({
  id: 'corral backup job uncovered',
  summary: 'List the guests that no backup job takes in.',
  description: 'Of all hosts. Jobs that are switched off count for nothing. Without any such guest nothing is printed.',
  api: {method: 'GET', path: '/cluster/backup-info/not-backed-up'},
  params: {},
  args: [],
  returns: {
    type: 'array', description: 'The guests, by VMID.',
    items: {
      type: 'object',
      properties: {
        vmid: {type: 'integer', description: 'The VMID.'},
        name: {type: 'string', optional: true, description: 'The name of the guest.'},
        type: {type: 'string', enum: ['lxc', 'qemu'], description: 'The kind of guest.'},
      },
    },
  },
  output: {as: 'table', isSilentWhenEmpty: true, columns: [{key: 'vmid', header: 'VMID', align: 'right'}, {key: 'type', header: 'TYPE'}, {key: 'name', header: 'NAME', absent: '-'}]},
  kind: 'read',
  runsOn: 'node',
  needs: {path: '/', privilege: 'Sys.Audit'},
  files: jobsFiles,
  examples: [{line: 'corral backup job uncovered', meaning: 'Which guests would be lost with their disks.'}],
  seeAlso: ['corral backup job list', 'corral backup job volumes', 'corral backup list'],
})
