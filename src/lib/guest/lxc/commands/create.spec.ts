import {defineCommand, std} from '../../../spec/index.ts'
import {lxcConfigParams} from '../config/index.ts'

export const spec = defineCommand({
  id: 'pct create',
  summary: 'Create a container from a template.',
  description: `The root file system is unpacked from an archive, a volume with content \`vztmpl\` such as \`local:vztmpl/debian-13.tar.zst\`, and set up for
the distribution that is found in it. The options are the keys of the container's configuration. A volume is made by writing \`STORAGE:SIZE\` where
one is due, with the size in GiB: \`--rootfs local:8\`, \`--mp0 local:4,mp=/srv\`. On a storage that is a folder, the size 0 gives a folder without a limit, and
any other an image with the file system ext4.

The container is unprivileged unless \`--unprivileged 0\` is given: its root is nobody on the host, and so is the program that unpacks the archive. That needs
the package uidmap and ranges of users for root in /etc/subuid and /etc/subgid; what is missing is told with the command that adds it.

Nothing is left behind when it fails or is interrupted: volumes that were made are removed again.`,
  api: {method: 'POST', path: '/nodes/{node}/lxc'},
  params: {
    // Not std.vmid: completion offers, and names stand for, guests that exist.
    vmid: {type: 'integer', minimum: 100, maximum: 999_999_999, format: 'pve-vmid', placeholder: 'vmid', description: 'The number of the new container, unique in the cluster.'},
    ostemplate: {type: 'string', maxLength: 255, placeholder: 'volume', completion: 'volume', description: 'The volume with the archive of the root file system.'},
    ...lxcConfigParams,
    'ignore-unpack-errors': {type: 'boolean', optional: true, description: 'Go on when the archive could not be unpacked whole.'},
    password: {type: 'string', minLength: 5, maxLength: 256, optional: true, secret: true, placeholder: 'password', description: 'The password of root in the container. Only a hash of it is stored, in the container.'},
    pool: {type: 'string', format: 'pve-poolid', optional: true, placeholder: 'pool', description: 'Put the container into this pool, which must exist.'},
    'ssh-public-keys': {type: 'string', maxLength: 65536, multiLine: true, fromFile: true, optional: true, placeholder: 'filepath', description: 'Public keys for SSH, one a line, with which root may log in.'},
    start: {type: 'boolean', optional: true, default: false, description: 'Start the container once it is created.'},
    storage: {...std.storage, optional: true, defaultText: 'local', description: 'The storage for the root file system, of 4 GiB, where `rootfs` is not given.'},
  },
  args: ['vmid', 'ostemplate'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'vzcreate', id: 'vmid'},
  runsOn: 'node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.Allocate'},
  examples: [
    {line: 'pct create 200 local:vztmpl/debian-13.tar.zst --hostname web --rootfs local:8 --memory 1024 --net0 name=eth0,bridge=vmbr0,ip=dhcp', meaning: 'An unprivileged container with a root file system of 8 GiB.'},
    {line: 'pct create 201 local:vztmpl/debian-13.tar.zst --rootfs local:0 --ssh-public-keys ~/.ssh/id_ed25519.pub --start', meaning: 'In a folder without a limit, started at once.'},
    {line: 'pct create 202 local:vztmpl/debian-13.tar.zst --dry-run', meaning: 'Show what would be done, and do nothing.'},
  ],
  files: ['pct.conf'],
  seeAlso: ['pct set', 'pct start', 'pct destroy'],
})
