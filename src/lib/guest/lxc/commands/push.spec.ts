import {defineCommand, std} from '../../../spec/index.ts'
import {ownerParams} from '../owners.ts'

export const spec = defineCommand({
  id: 'pct push',
  summary: 'Copy a file of the host into a container.',
  description: `The file may have any size and any bytes; it is there whole or not at all. A pipe will do as well, such as /dev/stdin. The container may run or not; one that
does not is mounted for the moment, with its mount points, where nobody else sees that. The folder has to exist.

Without options a file that is there already keeps its owner and permissions, and a new one belongs to root with the permissions of the source. A link in its
place is replaced, and links on the way lead to other places in the container only.

With \`--on\` or a context the file is one of that host; from here \`pct exec <vmid> -- sh -c 'cat >FILE'\` takes a stream of any size.`,
  params: {
    vmid: std.vmid,
    file: {type: 'string', isPath: true, minLength: 1, maxLength: 4096, completion: 'file', placeholder: 'file', description: 'The file on the host.'},
    destination: {type: 'string', minLength: 1, maxLength: 4096, placeholder: 'path', description: 'The path in the container, with the name of the file.'},
    ...ownerParams,
  },
  args: ['vmid', 'file', 'destination'],
  returns: {type: 'null'},
  output: {as: 'none'},
  kind: 'change',
  runsOn: 'guest-node',
  needs: 'root',
  examples: [
    {line: 'pct push 200 ./nginx.conf /etc/nginx/nginx.conf', meaning: 'A file from here.'},
    {line: 'pct push 200 site.key /etc/ssl/private/site.key --user root --group ssl-cert --perms 0640', meaning: 'With owner and permissions.'},
    {line: 'tar -C site -c . | pct push 200 /dev/stdin /srv/site.tar', meaning: 'What another command writes.'},
  ],
  seeAlso: ['pct pull', 'pct exec', 'pct mount'],
})
