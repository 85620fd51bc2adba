// What the commands on jobs give, and the files that they concern.
import type {TextOutput, ValueSchema} from '../../../spec/index.ts'

export const jobsFiles = ['jobs.cfg in the configuration store: the jobs.']

/** What all commands that change a job are, whatever its type. */
export const changeOfJob = {
  returns: {type: 'null'}, output: {as: 'none'}, kind: 'change', runsOn: 'caller', needs: {path: '/', privilege: 'Sys.Modify'}, files: jobsFiles,
} as const

export const jobDetails = {type: 'object', description: 'The settings of the job.', additionalProperties: true, properties: {
  id: {type: 'string', description: 'Its name.'},
  type: {type: 'string', description: 'Its type in jobs.cfg.'},
  schedule: {type: 'string', description: 'When it begins.'},
  'next-run': {type: 'integer', optional: true, description: 'When it begins next, in seconds since 1970.'},
  digest: {type: 'string', optional: true, description: 'The SHA-1 digest of jobs.cfg.'},
}} as const satisfies ValueSchema

export const jobRows = {
  type: 'array', description: 'The jobs, sorted by name.',
  items: {
    type: 'object', additionalProperties: true,
    properties: {
      id: {type: 'string', description: 'Its name.'},
      type: {type: 'string', description: 'Its type in jobs.cfg.'},
      enabled: {type: 'boolean', description: 'Whether it begins by itself.'},
      schedule: {type: 'string', description: 'When it begins.'},
      guests: {type: 'string', description: 'Which guests it is for, in words.'},
      'next-run': {type: 'integer', optional: true, description: 'When it begins next, in seconds since 1970.'},
      comment: {type: 'string', optional: true, description: 'What it is for.'},
    },
  },
} as const satisfies ValueSchema

export const jobTable: TextOutput = {
  as: 'table', isSilentWhenEmpty: true,
  columns: [
    {key: 'id', header: 'JOB'}, {key: 'enabled', header: 'ENABLED'}, {key: 'schedule', header: 'SCHEDULE'}, {key: 'next-run', header: 'NEXT', unit: 'timestamp', absent: '-'},
    {key: 'guests', header: 'GUESTS'}, {key: 'comment', header: 'COMMENT', isLeftOutWhenEmpty: true},
  ],
}
