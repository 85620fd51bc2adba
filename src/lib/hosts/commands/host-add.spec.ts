import {defineCommand} from '../../spec/index.ts'
import {hostParams} from '../context-schema.ts'
import {hostCommandParams} from './params.ts'

export const spec = defineCommand({
  id: 'corral host add',
  summary: 'Add a host that is reached over SSH.',
  description: `Logs in as ssh(1) would, installs the agent (a small program that runs while it is used; nothing listens on the network), and writes the host
into contexts.yaml. The login is root's, or that of a user who may use sudo without a password.

The key of the host must be known. On a terminal you are shown the fingerprint of a new one and asked; without a terminal an unknown key is
refused, and one that has changed always is.

What the host lacks is named; \`--setup\` puts it right, and \`--dry-run\` shows how. It installs the Debian packages and makes one setting: ranges of 65,536
user and group ids for root in /etc/subuid and /etc/subgid, for unprivileged containers, where root has none. They stay when the host is removed, since its
containers need them; to take them back, delete the lines of root. What might cut the connection, such as making a bridge, is named only.

The agent needs Node.js 20.19 or later. That of Debian 13 will do; that of Debian 12 is too old, so there a newer one has to be put into /usr/local.
A host that was added before is brought up to date, so the command may be repeated: where all is done, there is nothing to do.`,
  params: {
    name: {...hostCommandParams.name, completion: 'new'},
    ssh: {...hostParams.ssh, optional: true, defaultText: 'the name', description: 'Where the host is, as for ssh(1): `[user@]host[:port]`, or a name of `~/.ssh/config`. `local` is this machine, which needs no agent.'},
    context: {...hostCommandParams.context, defaultText: "CORRAL_CONTEXT, or the current context, or 'default'", description: 'The context to which the host is added. It is made when it does not exist.'},
    setup: {type: 'boolean', optional: true, description: 'Install the Debian packages that the host lacks, with apt-get(8), and make its missing settings with usermod(8).'},
    agent: {...hostParams.agent},
  },
  args: ['name', 'ssh'],
  returns: {
    type: 'object', description: 'The host as it was added.',
    properties: {
      name: {type: 'string', description: 'Its name.'}, ssh: {type: 'string', description: 'Where it is.'},
      context: {type: 'string', description: 'Its context.'}, version: {type: 'string', optional: true, description: 'Of its agent.'},
    },
  },
  output: {as: 'none'},
  kind: 'change',
  runsOn: 'client',
  needs: 'anyone',
  files: ['~/.config/corral/contexts.yaml: the contexts; $XDG_CONFIG_HOME counts.', '~/.ssh/config, ~/.ssh/known_hosts: as for ssh(1).', '/usr/local/lib/corral on the host: the agent.', '/etc/subuid, /etc/subgid on the host: with `--setup`, the ids of root.'],
  examples: [
    {line: 'corral host add h1 root@192.0.2.10 --setup', meaning: 'Make a bare Debian host ready.'},
    {line: 'corral host add h2 admin@h2.example.com:2222 --context lab', meaning: 'Add a host to another context, by a user with sudo.'},
    {line: 'corral host add h1 root@192.0.2.10 --dry-run', meaning: 'Look at the host and show what would be done.'},
  ],
  seeAlso: ['corral host check', 'corral host remove', 'corral context use', 'corral-contexts(5)'],
})
