import {defineCommand, std} from '../../../spec/index.ts'
import {ownerParams} from '../owners.ts'

export const spec = defineCommand({
  id: 'pct pull',
  summary: 'Copy a file of a container to the host.',
  description: `A plain file of any size and any bytes; it is there whole or not at all. The container may run or not; one that does not is mounted for the moment, with its mount
points, where nobody else sees that. Links lead to other places in the container only.

Without options a file that is there already keeps its owner and permissions, and a new one is ours, with the permissions that it has in the container.
A destination below /dev is written to, such as /dev/stdout.

With \`--on\` or a context the destination is on that host.`,
  params: {
    vmid: std.vmid,
    path: {type: 'string', minLength: 1, maxLength: 4096, placeholder: 'path', description: 'The file in the container.'},
    destination: {type: 'string', isPath: true, minLength: 1, maxLength: 4096, completion: 'file', placeholder: 'file', description: 'The file on the host.'},
    ...ownerParams,
  },
  args: ['vmid', 'path', 'destination'],
  returns: {type: 'null'},
  output: {as: 'none'},
  kind: 'change',
  runsOn: 'guest-node',
  needs: 'root',
  examples: [
    {line: 'pct pull 200 /var/log/syslog ./syslog', meaning: 'A file to here.'},
    {line: 'pct pull 200 /etc/ssl/private/site.key site.key --user joe --perms 0400', meaning: 'With owner and permissions.'},
    {line: 'pct pull 200 /srv/site.tar /dev/stdout | tar -t', meaning: 'To another command.'},
  ],
  seeAlso: ['pct push', 'pct exec', 'pct mount'],
})
