import {defineCommand, std} from '../../../spec/index.ts'
import {createParams} from './create-params.ts'

export const spec = defineCommand({
  id: 'pct create',
  summary: 'Create a container from a template.',
  description: `The root file system is unpacked from an archive, a volume with content \`vztmpl\` such as \`local:vztmpl/debian-13.tar.zst\`, and set up for
the distribution that is found in it. The options are the keys of the container's configuration. A volume is made by writing \`STORAGE:SIZE\` where
one is due, with the size in GiB: \`--rootfs local:8\`, \`--mp0 local:4,mp=/srv\`. On a storage that is a folder, the size 0 gives a folder without a limit, and
any other an image with the file system ext4.

The container is unprivileged unless \`--unprivileged 0\` is given: its root is nobody on the host, and so is the program that unpacks the archive. That needs
the package uidmap and ranges of users for root in /etc/subuid and /etc/subgid; what is missing is told with the command that adds it.

An image of the Open Container Initiative in one archive (\`skopeo copy docker://… oci-archive:x.tar\`) is taken as well, and so is what \`docker save -o x.tar\` writes,
also when the archive is compressed (\`docker save x | gzip\`): its layers become the root file
system, and what it runs, with which variables, as whom and where, becomes part of the configuration. Give it an address by \`--net0\`; it has no programs for that itself.

With \`--restore\` the archive is the backup of a container, as \`pct restore\` takes it.

Nothing is left behind when it fails or is interrupted: volumes that were made are removed again.`,
  api: {method: 'POST', path: '/nodes/{node}/lxc'},
  params: createParams,
  args: ['vmid', 'ostemplate'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'vzcreate', id: 'vmid', typeWith: {restore: 'vzrestore'}},
  interactiveWith: {param: 'ostemplate', value: '-'},
  runsOn: 'node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.Allocate'},
  examples: [
    {line: 'pct create 200 local:vztmpl/debian-13.tar.zst --hostname web --rootfs local:8 --memory 1024 --net0 name=eth0,bridge=vmbr0,ip=dhcp', meaning: 'An unprivileged container with a root file system of 8 GiB.'},
    {line: 'pct create 201 local:vztmpl/debian-13.tar.zst --rootfs local:0 --ssh-public-keys ~/.ssh/id_ed25519.pub --start', meaning: 'In a folder without a limit, started at once.'},
    {line: 'pct create 202 local:vztmpl/debian-13.tar.zst --dry-run', meaning: 'Show what would be done, and do nothing.'},
  ],
  files: ['pct.conf'],
  seeAlso: ['pct restore', 'pct set', 'pct start', 'pct destroy'],
})
