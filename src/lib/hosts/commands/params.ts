// Parameters that the commands about hosts share.
import type {Params} from '../../spec/index.ts'

export const hostCommandParams = {
  name: {type: 'string', format: 'pve-node', placeholder: 'name', completion: 'host', description: 'What the host is called in its context.'},
  context: {
    type: 'string', format: 'pve-node', optional: true, placeholder: 'context', completion: 'context',
    defaultText: 'CORRAL_CONTEXT, or the current context', description: 'The context of corral-contexts(5).',
  },
} as const satisfies Params
