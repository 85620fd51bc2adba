import {defineCommand, std} from '../../../spec/index.ts'
import {releaseNames, variantNames} from '../build/releases.ts'

const address = {type: 'string', maxLength: 1024, pattern: 'https?://.*', placeholder: 'url'} as const

export const spec = defineCommand({
  id: 'corral template build',
  summary: 'Build a container template from Debian packages.',
  description: `The packages come from where apt on the host gets its own, and are checked by Debian's keys, so that a host that reaches no server of templates has one all the same. The template has systemd,
and nothing that belongs to one machine: no SSH host keys, no machine-id, no lists and caches of apt, no logs. Its sources are those that it was built from.

It is called after the point release that it holds, as \`debian-13-standard_13.1-1_amd64.tar.zst\`; the number behind it counts, and no template is replaced. The variant \`standard\` has what an installed
Debian has, with an SSH server; \`minimal\` what systemd and a network need. mmdebstrap has to be installed. It takes a minute or so, about 300 MB below the state folder meanwhile, and the rights of root.`,
  params: {
    release: {type: 'string', enum: releaseNames, placeholder: 'release', description: 'The release of Debian.'},
    storage: {...std.storage, optional: true, default: 'local', description: 'The storage for it, which must be for container templates (content vztmpl).'},
    variant: {type: 'string', enum: variantNames, optional: true, default: 'standard', description: 'Which packages it has.'},
    packages: {
      type: 'string', optional: true, maxLength: 4096, pattern: '[a-z0-9][a-z0-9.+\\-]+(?:,[a-z0-9][a-z0-9.+\\-]+)*', placeholder: 'package,…',
      description: 'More packages, separated by commas.',
    },
    mirror: {...address, optional: true, defaultText: "the server that the host's apt gets Debian from", description: 'The server of Debian that the packages come from.'},
    'security-mirror': {...address, optional: true, defaultText: "the server that the host's apt gets security updates from", description: 'The server of security updates.'},
  },
  args: ['release'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'templatebuild', id: 'release'},
  runsOn: 'node',
  needs: 'root',
  examples: [
    {line: 'corral template build debian-13', meaning: 'Debian 13, on the storage local.'},
    {line: 'corral template build debian-13 --variant minimal --packages vim-tiny,less --storage shared', meaning: 'A small one with two packages more.'},
    {line: 'corral template build debian-12 --dry-run', meaning: 'Say what would be run, and from where the packages would come.'},
  ],
  seeAlso: ['pveam list', 'pveam remove', 'pct create'],
})
