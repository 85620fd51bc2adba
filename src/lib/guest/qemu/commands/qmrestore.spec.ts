import {defineCommand, std} from '../../../spec/index.ts'
import {restoreParams} from '../restore/restore-params.ts'

export const spec = defineCommand({
  id: 'qmrestore',
  summary: 'Make a virtual machine from a backup.',
  description: `The backup is a VMA archive as Proxmox VE writes it, compressed or not, on a storage, for root anywhere on the host, or
with \`-\` on standard input, where its first bytes tell how it is compressed. The machine becomes what
it was, under the number that is given: with its disks on the storages where they lay unless \`--storage\` names another one, in the formats
that they had where the storage has those. Snapshots are not in backups; a drive that was excluded (\`backup=0\`) is not either, and is left out.
The backup of a template becomes a template again, where the storage has such disks.

The archive is checked while it is read, piece by piece, up to whether it is whole. Until the new machine is, nothing that exists is touched:
with \`--force\`, the machine that has the number keeps its disks until then. What fails or is interrupted leaves nothing behind.

\`qm create VMID --archive ARCHIVE\` does the same and takes keys of qm.conf(5) that count more than those of the backup.`,
  params: {
    archive: {type: 'string', isPath: 'or-volume', maxLength: 255, completion: 'volume', placeholder: 'archive', description: 'The backup: a volume such as `local:backup/vzdump-qemu-100-2026_01_31-12_00_00.vma.zst`, the path of such a file, or - for standard input.'},
    // Not std.vmid: completion offers, and names stand for, guests that exist.
    vmid: {type: 'integer', minimum: 100, maximum: 999_999_999, format: 'pve-vmid', placeholder: 'vmid', description: 'The number of the machine, unique in the cluster.'},
    ...restoreParams,
    pool: {type: 'string', format: 'pve-poolid', optional: true, placeholder: 'pool', description: 'Put the machine into this pool, which must exist.'},
    start: {type: 'boolean', optional: true, default: false, description: 'Start the virtual machine once it is restored.'},
    storage: {...std.storage, optional: true, defaultText: 'where each disk lay', description: 'Where the disks are to lie.'},
  },
  args: ['archive', 'vmid'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'qmrestore', id: 'vmid'},
  interactiveWith: {param: 'archive', value: '-'},
  runsOn: 'node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.Allocate'},
  examples: [
    {line: 'qmrestore local:backup/vzdump-qemu-100-2026_01_31-12_00_00.vma.zst 100', meaning: 'The machine as it was, under its number, which must be free.'},
    {line: 'qmrestore local:backup/vzdump-qemu-100-2026_01_31-12_00_00.vma.zst 200 --unique --storage fast', meaning: 'A second one beside it.'},
    {line: 'qmrestore /mnt/usb/vzdump-qemu-100-2026_01_31-12_00_00.vma.gz 100 --force --start', meaning: 'Go back to the backup, and start it.'},
    {line: 'ssh h1 vzdump 100 --compress zstd --stdout | qmrestore - 200', meaning: 'A machine of another host, with no file between.'},
  ],
  files: ['qm.conf'],
  seeAlso: ['qm create', 'pvesm list', 'pvesm extractconfig'],
})
