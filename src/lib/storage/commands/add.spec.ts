import {defineCommand, std} from '../../spec/index.ts'
import {storageTypes} from '../plugins.ts'
import {paramsForAdding} from '../type-params.ts'

export const spec = defineCommand({
  id: 'pvesm add',
  summary: 'Add a storage.',
  description: `The storage gets a section in the configuration. The folders of type dir and btrfs are made where they are missing; the volume group of
type lvm, the thin pool of lvmthin and the pool of zfspool must be there; nfs, cifs, glusterfs and cephfs are mounted at once; the portal of iscsidirect must answer and have the target; the repository of restic is made where there is none, or opened. A password or keyring is kept apart from it. What lies on the storage already becomes visible; nothing on it is changed.

Every installation has a storage \`local\` without being told so: a folder \`vz\` within its own state. \`pvesm set local\` changes its options.`,
  api: {method: 'POST', path: '/storage'},
  params: {
    type: {type: 'string', enum: storageTypes, description: 'The kind of storage: dir is a folder of the host, btrfs one on that file system, lvm a volume group, lvmthin a thin pool in one, zfspool a ZFS pool, nfs, cifs, glusterfs and cephfs are mounted over the network, rbd is a Ceph pool, iscsi the LUNs of an iSCSI target as disks of the host, iscsidirect the same opened by QEMU, zfs a ZFS pool of an iSCSI server, restic a repository of backups in which equal data is kept once.'},
    storage: {...std.storage, description: 'The name of the new storage.'},
    ...paramsForAdding(),
    authsupported: {
      type: 'string', enum: ['cephx', 'none'], optional: true,
      description: 'How the Ceph cluster lets clients in. This follows from --keyring where --monhost names the cluster; the option only has it checked that the two agree, and is not kept. For type cephfs, rbd.',
    },
  },
  args: ['type', 'storage'],
  returns: {
    type: 'object', description: 'The storage as it was added.',
    properties: {storage: {type: 'string', description: 'Its name.'}, type: {type: 'string', description: 'Its type.'}},
  },
  output: {as: 'none'},
  kind: 'change',
  runsOn: 'caller',
  needs: {path: '/storage', privilege: 'Datastore.Allocate'},
  files: ['storage.cfg in the configuration store: the storages and their options.'],
  examples: [
    {line: 'pvesm add dir fast --path /mnt/nvme --content images,rootdir', meaning: 'A folder for disks.'},
    {line: 'pvesm add dir usb --path /mnt/usb --is_mountpoint yes --content backup', meaning: 'A folder for backups that counts as offline while nothing is mounted there.'},
    {line: 'pvesm add lvm vg0 --vgname vg0 --saferemove yes', meaning: 'A volume group for disks; what is removed is overwritten first.'},
    {line: 'pvesm add nfs nas --server nas.example.com --export /srv/vm --content images,iso', meaning: 'What an NFS server exports, mounted at /mnt/pve/nas.'},
    {line: 'pvesm add rbd ceph --monhost 192.0.2.1,192.0.2.2 --pool vms --keyring /root/ceph.client.admin.keyring', meaning: 'A pool of a Ceph cluster, whose keyring is kept.'},
    {line: 'pvesm add iscsi san --portal 192.0.2.10 --target iqn.2003-01.org.example:disks --content none', meaning: 'The LUNs of an iSCSI target, to put a volume group on one.'},
    {line: 'pvesm add lvm san0 --vgname san0 --shared 1 --base san:0.0.1.scsi-360000000000000000e00000000010001', meaning: 'A volume group on such a LUN, for disks that every host sees.'},
    {line: 'pvesm add iscsidirect san --portal 192.0.2.10 --target iqn.2003-01.org.example:disks', meaning: 'The LUNs of an iSCSI target, opened by QEMU itself.'},
    {line: 'pvesm add zfs san --portal 192.0.2.10 --target iqn.2003-01.org.example:disks --pool tank --blocksize 16k --iscsiprovider LIO --lio_tpg tpg1 --ssh-key /root/.ssh/san', meaning: 'A ZFS pool of a server, whose volumes are made over SSH and exported by LIO.'},
    {line: 'pvesm add restic vault --path /mnt/usb/vault --is_mountpoint /mnt/usb --password correct-horse', meaning: 'A repository of backups on a disk that is not always there.'},
    {line: 'pvesm add restic away --server nas.example.com --username backup --path /srv/corral --password correct-horse', meaning: 'A repository on an SFTP server, which the keys of root log in to.'},
    {line: 'pvesm add dir fast --path /mnt/nvme --format qcow2 --dry-run', meaning: 'Show what would be written, and change nothing.'},
  ],
  seeAlso: ['pvesm set', 'pvesm remove', 'pvesm status', 'corral-backup-repository(7)'],
})
