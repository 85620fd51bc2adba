// One host of `corral host check`, described for programs: what it told (HostCheck), or why it told nothing.
import type {ValueSchema} from '../../spec/index.ts'

const words: ValueSchema = {type: 'string'}

export const hostCheckSchema = {
  type: 'object',
  properties: {
    name: {type: 'string', description: 'Its name in the context.'},
    ssh: {type: 'string', description: 'Where it is.'},
    error: {type: 'string', optional: true, description: 'Why it could not be asked; nothing else is there then but `kind`.'},
    kind: {type: 'string', optional: true, description: 'The kind of that error.'},
    node: {type: 'string', optional: true, description: 'The name that it has for itself.'},
    version: {type: 'string', optional: true, description: 'The version of its agent.'},
    user: {type: 'string', optional: true, description: 'Who works there.'},
    isRoot: {type: 'boolean', optional: true, description: 'Whether that is root.'},
    system: {type: 'string', optional: true, description: 'Its operating system.'},
    kernel: {type: 'string', optional: true, description: 'The version of its kernel.'},
    architecture: {type: 'string', optional: true, description: 'As Node.js names it.'},
    nodeVersion: {type: 'string', optional: true, description: 'The version of Node.js.'},
    cpus: {type: 'integer', optional: true, description: 'How many processors it has.'},
    memoryBytes: {type: 'integer', optional: true, description: 'Its memory.'},
    qemu: {type: 'any', optional: true, description: 'The version of QEMU, or null when it is not installed.'},
    lxc: {type: 'any', optional: true, description: 'The version of LXC, or null when it is not installed.'},
    kvm: {
      type: 'object', optional: true, description: 'Whether guests run with the processor\'s help; if not, why.',
      properties: {usable: {type: 'boolean', description: 'Whether they do.'}, reason: words},
    },
    cgroups: {type: 'string', optional: true, enum: ['v2', 'hybrid', 'v1', 'none'], description: 'Its control groups.'},
    storageTools: {type: 'array', optional: true, items: words, description: 'Programs for storages.'},
    disk: {
      type: 'object', optional: true, description: 'The file system of the storage `local`.',
      properties: {path: words, totalBytes: {type: 'integer'}, availableBytes: {type: 'integer'}},
    },
    missingPackages: {
      type: 'array', optional: true, description: 'Debian packages that are missing.',
      items: {type: 'object', properties: {package: words, neededFor: words}},
    },
    settings: {
      type: 'array', optional: true, description: 'Settings that are missing.',
      items: {type: 'object', properties: {setting: words, neededFor: words}},
    },
    problems: {type: 'array', optional: true, items: words, description: 'What is wrong apart from that.'},
  },
} as const satisfies ValueSchema
