// What contexts.yaml may hold, in the words of the spec: the file is checked by this and corral-contexts(5) is made of it.
import type {Params} from '../spec/index.ts'

export const fileParams = {
  current: {
    type: 'string', format: 'pve-node', optional: true, placeholder: 'context', completion: 'context',
    description: 'The context in which commands run when neither `--context` nor `CORRAL_CONTEXT` names one. Without it they run on this machine.',
  },
  contexts: {
    type: 'object', optional: true, placeholder: 'contexts', additionalProperties: {type: 'object'},
    description: 'The contexts by name. `local` is always this machine and cannot be defined.',
  },
} as const satisfies Params

export const contextParams = {
  hosts: {
    type: 'array', placeholder: 'hosts', items: {type: 'object'},
    description: 'One host, or several that do not form a cluster. Listings are shown of all of them together.',
  },
} as const satisfies Params

export const hostParams = {
  name: {type: 'string', format: 'pve-node', placeholder: 'name', description: 'What the host is called: in the column NODE, and behind `--on`. Unique within its context.'},
  ssh: {
    type: 'string', maxLength: 400, placeholder: '[user@]host[:port] | local',
    description: 'Where it is, as for ssh(1), whose configuration and known hosts are used; a name of `~/.ssh/config` will do. `local` is this machine, without SSH.',
  },
  node: {
    type: 'string', format: 'pve-node', optional: true, placeholder: 'node', defaultText: 'the name of the host',
    description: 'The name that the host has for itself, which the ids of its tasks begin with. `corral host add` writes it when it is another one.',
  },
  agent: {
    type: 'string', maxLength: 255, pattern: '(?:/[A-Za-z0-9_][A-Za-z0-9_.-]*)+', optional: true, placeholder: 'path', defaultText: '/usr/local/lib/corral/corral-agent',
    description: 'Where the agent is on the host.',
  },
} as const satisfies Params
