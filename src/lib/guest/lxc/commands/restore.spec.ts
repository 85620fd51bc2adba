import {defineCommand, std} from '../../../spec/index.ts'
import {createParams} from './create-params.ts'

export const spec = defineCommand({
  id: 'pct restore',
  summary: 'Make a container from a backup.',
  description: `The backup is a tar archive as vzdump writes it, plain or compressed with gzip, lzop, zstd, xz or bzip2: a volume with content \`backup\`, the path of a
file, or \`-\` for standard input. Its configuration comes back with it; options that are given go before what it says.

Without \`--rootfs\` and \`--mpN\` the root file system and the mount points of the backup are made anew on one storage (\`--storage\`), with the sizes that they had.
Folders and devices of the host come back as mount points; their files are in no backup. With \`--rootfs\` or \`--mpN\` exactly those volumes are made that are
given, and the files of all others come into the root file system.

A container that exists is replaced with \`--force\`: it is kept as it is until the new one is complete, and only then are its volumes removed. An archive that
is damaged or cut off changes nothing. Whatever is interrupted is taken back.

Whether the container is unprivileged follows from its backup, unless \`--unprivileged\` says otherwise. Lines of a backup that reach past the container into the host
(hook scripts, devices, folders, lines for LXC) come back for root alone, and each is told: look at them before you start a container from somebody else's backup.
\`--dry-run\` shows the whole configuration.

On standard input comes what cannot be looked at beforehand: \`--rootfs\` has to be given, and the container is unprivileged unless \`--unprivileged 0\` is given.`,
  params: createParams,
  fixed: {restore: true},
  args: ['vmid', 'ostemplate'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'vzrestore', id: 'vmid'},
  interactiveWith: {param: 'ostemplate', value: '-'},
  runsOn: 'node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.Allocate'},
  examples: [
    {line: 'pct restore 200 local:backup/vzdump-lxc-100-2026_01_31-03_00_00.tar.zst --storage local --unique', meaning: 'As a container of its own beside the old one, with new hardware addresses.'},
    {line: 'pct restore 100 /mnt/usb/vzdump-lxc-100-2026_01_31-03_00_00.tar.zst --force', meaning: 'In the place of the container, from a file.'},
    {line: 'zstd -dc backup.tar.zst | pct restore 200 - --rootfs local:8', meaning: 'From standard input.'},
    {line: 'pct restore 200 local:backup/vzdump-lxc-100-2026_01_31-03_00_00.tar.zst --dry-run', meaning: 'Show what would be done, with the whole configuration, and do nothing.'},
  ],
  files: ['pct.conf'],
  seeAlso: ['pct create', 'pct destroy', 'pvesm extractconfig'],
})
