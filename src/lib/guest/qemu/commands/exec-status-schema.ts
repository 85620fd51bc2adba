// What is told of a program that ran in a guest, for the commands that tell it.
import type {Params} from '../../../spec/index.ts'

export const execStatusProperties = {
  'exited': {type: 'boolean', description: 'Whether it has ended.'},
  'exitcode': {type: 'integer', optional: true, description: 'Its exit code, when it ended by itself.'},
  'signal': {type: 'integer', optional: true, description: 'The signal (on Windows, the exception) that ended it.'},
  'out-data': {type: 'string', optional: true, description: 'What it wrote to standard output.'},
  'err-data': {type: 'string', optional: true, description: 'What it wrote to standard error.'},
  'out-truncated': {type: 'boolean', optional: true, description: 'Whether the agent dropped some of its standard output, which was too long.'},
  'err-truncated': {type: 'boolean', optional: true, description: 'Whether the agent dropped some of its standard error, which was too long.'},
} as const satisfies Params
