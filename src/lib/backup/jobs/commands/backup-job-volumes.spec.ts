import {defineCommand} from '../../../spec/index.ts'
import {jobParam} from '../job-params.ts'
import {jobsFiles} from './job-results.ts'

export const spec = defineCommand({
  id: 'corral backup job volumes',
  summary: 'Show which volumes of its guests a backup job takes in.',
  description: `Of all guests that the job is for, wherever they are. A disk of a virtual machine is in its backups unless it has \`backup=0\`; of a container the root file system is, and each
volume with \`backup=1\`. A volume that is in the backups has a plus before it, another one a minus. A guest that does not exist has the type unknown.`,
  api: {method: 'GET', path: '/cluster/backup/{id}/included_volumes'},
  params: {id: jobParam},
  args: ['id'],
  returns: {
    type: 'object', description: 'The guests of the job, by VMID.',
    properties: {children: {type: 'array', description: 'The guests.', items: {
      type: 'object',
      properties: {
        id: {type: 'integer', description: 'The VMID.'},
        name: {type: 'string', optional: true, description: 'The name of the guest.'},
        type: {type: 'string', enum: ['lxc', 'qemu', 'unknown'], description: 'The kind of guest.'},
        children: {type: 'array', optional: true, description: 'Its volumes.', items: {
          type: 'object',
          properties: {
            id: {type: 'string', description: 'The VMID and the key of the volume: `100:scsi0`.'},
            name: {type: 'string', description: 'The volume id, or the path on the host.'},
            included: {type: 'boolean', description: 'Whether it is in the backups of the job.'},
            reason: {type: 'string', description: 'Why, or why not.'},
          },
        }},
      },
    }}},
  },
  output: {as: 'data'},
  kind: 'read',
  runsOn: 'node',
  needs: {path: '/', privilege: 'Sys.Audit'},
  files: jobsFiles,
  examples: [{line: 'corral backup job volumes nightly', meaning: 'What would be in the backups of the job.'}],
  seeAlso: ['corral backup job show', 'corral backup job uncovered', 'qm set', 'pct set'],
})
