// Options of storage.cfg that several storage types share, described once. A plugin picks those that it really honours; an option that
// does nothing yet is not offered at all.
import type {Params, PropertyFormat, ValueSchema} from '../spec/index.ts'
import {retentionFormat} from './prune/retention.ts'

function limitOf(what: string) {
  return {type: 'number', minimum: 0, optional: true, placeholder: 'KiB/s', description: `Limit for ${what}, in KiB a second.`} as const
}

/** The properties of `bwlimit`, in storage.cfg as in datacenter.cfg. */
export const bandwidthFormat = {
  clone: limitOf('cloning disks'),
  default: limitOf('everything that has no limit of its own'),
  migration: limitOf('moving guests to another host'),
  move: limitOf('moving disks'),
  restore: limitOf('restoring backups'),
} as const satisfies PropertyFormat

export const commonStorageParams = {
  content: {
    type: 'string', format: 'pve-storage-content-list', optional: true, placeholder: 'type[,...]',
    description: "What the storage may hold: a list of images (disks of virtual machines), rootdir (disks of containers), vztmpl (container templates), iso, backup, snippets and import, or 'none'.",
  },
  nodes: {
    type: 'string', format: 'pve-node-list', optional: true, completion: 'node', placeholder: 'node[,...]',
    description: 'The hosts that can use the storage. All of them when it is not given.',
  },
  disable: {type: 'boolean', optional: true, description: 'Take the storage out of use. Nothing on it is touched.'},
  shared: {
    type: 'boolean', optional: true,
    description: 'Say that every host sees the same volumes here. It does not make local storage shared.',
  },
  bwlimit: {
    type: 'string', format: bandwidthFormat, optional: true,
    description: 'How fast volumes are copied from and to this storage, for each kind of work. It goes before the `bwlimit` of datacenter.cfg.',
  },
} as const satisfies Params

/** Options of every type that holds backups. */
export const backupStorageParams = {
  'prune-backups': {
    type: 'string', format: retentionFormat, optional: true,
    description: 'Which backups of each guest are kept when the storage is pruned, where the command or job does not say. All are when it is not given.',
  },
  'max-protected-backups': {
    type: 'integer', minimum: -1, optional: true, defaultText: 'no limit',
    description: 'How many backups of a guest may be protected at most; -1 sets no limit.',
  },
} as const satisfies Params

/** Options of every type whose volumes are files. */
export const folderStorageParams = {
  ...backupStorageParams,
  'content-dirs': {
    type: 'string', format: 'pve-dir-override-list', optional: true, placeholder: 'type=folder[,...]',
    description: 'Folders that differ from the usual layout, relative to the path of the storage: iso=isos,backup=archives.',
  },
  'create-base-path': {
    type: 'boolean', optional: true, default: true,
    description: 'Make the folder of the storage when it does not exist.',
  },
  'create-subdirs': {
    type: 'boolean', optional: true, default: true,
    description: 'Make the folders for the content types when they do not exist.',
  },
  mkdir: {
    type: 'boolean', optional: true, default: true,
    description: 'The older form of create-base-path and create-subdirs: sets both where they are not given.',
  },
  format: {
    type: 'string', enum: ['raw', 'qcow2', 'vmdk'], optional: true,
    description: 'The format of new disks for which none is asked.',
  },
  preallocation: {
    type: 'string', enum: ['off', 'metadata', 'falloc', 'full'], optional: true, default: 'metadata',
    description: 'What is laid out on the file system when a raw or qcow2 disk is made: nothing, the tables of qcow2, or all of its space, reserved (falloc) or written with zeros (full).',
  },
} as const satisfies Params

/** Options of every type that Corral mounts: those of folders, for content that lies on the network. */
export const commonMountParams = {
  content: commonStorageParams.content, nodes: commonStorageParams.nodes, disable: commonStorageParams.disable, bwlimit: commonStorageParams.bwlimit,
  ...folderStorageParams,
} as const satisfies Params

/** What a mount over the network needs to know; each type picks those that it has. */
export const mountedStorageParams = {
  path: {
    type: 'string', format: 'pve-storage-path', optional: true, placeholder: 'path', completion: 'file',
    description: 'The folder at which the storage is mounted, by default /mnt/pve/<storage>.',
  },
  server: {type: 'string', format: 'pve-storage-server', placeholder: 'host', description: 'The name or address of the server.'},
  options: {
    type: 'string', format: 'pve-storage-options', maxLength: 1024, optional: true, placeholder: 'option[,...]',
    description: 'Mount options, as they stand behind -o of mount(8): vers=4.2,soft.',
  },
  subdir: {
    type: 'string', format: 'pve-storage-path', maxLength: 1024, optional: true, placeholder: 'path',
    description: 'The folder on the server that is mounted, from its root, instead of all that there is.',
  },
} as const satisfies Params

export const networkLoginParams = {
  username: {type: 'string', maxLength: 256, optional: true, placeholder: 'name', description: 'The name of the user on the server; for Ceph without `client.` before it (default admin).'},
  password: {
    type: 'string', maxLength: 256, secret: true, placeholder: 'password',
    description: 'The password of the user, or of a backup repository, which nobody can read without it. It is kept apart from storage.cfg, and programs read it from a file that only root can read.',
  },
} as const satisfies Params

/** How an iSCSI target is reached. */
export const iscsiTargetParams = {
  portal: {type: 'string', format: 'pve-storage-portal-dns', placeholder: 'host[:port]', description: 'The name or address of the iSCSI server, with its port where that is not 3260.'},
  target: {type: 'string', maxLength: 223, placeholder: 'iqn', description: 'The name of the iSCSI target, such as iqn.2003-01.org.example:disks. `pvesm scan iscsi <portal>` shows what a server has.'},
} as const satisfies Params

/** How a Ceph cluster is reached. */
export const cephParams = {
  monhost: {
    type: 'string', format: 'pve-storage-portal-dns-list', maxLength: 4096, optional: true, placeholder: 'host[,...]',
    description: 'The monitors of the Ceph cluster. Without it the cluster is that of /etc/ceph/ceph.conf on the host.',
  },
  keyring: {
    type: 'string', maxLength: 65_536, multiLine: true, optional: true, secret: true, fromFile: true, placeholder: 'filepath',
    description: "A file with the keyring of the user. Its content is kept apart from storage.cfg. Without it a cluster named by monhost is spoken to without authentication.",
  },
} as const satisfies Params

/** The check of the option `is_mountpoint`: yes, no, or the path of the mount. */
export const mountpointParam = {
  type: 'string', optional: true, default: 'no', placeholder: 'yes|no|path', pattern: '(?:yes|no|on|off|true|false|0|1|/[^\\u0000-\\u001f]*)',
  description: "The path of the storage (yes), or the path given here, must be a mount point; else the storage counts as offline. It keeps guests' disks from being written below a mount that is missing.",
} as const satisfies ValueSchema

/** The same for a volume group, where the option may be changed at any time: it is the names of volumes that say what they are. */
export const lvmChainParam = {
  type: 'boolean', optional: true, default: false,
  description: 'Let disks be qcow2 images, which new ones then are, and keep each snapshot of them in a logical volume of its own, on which the disk stands. Each takes as much space as the disk is large. Only the newest can be gone back to.',
} as const satisfies ValueSchema

export const chainParam = {
  type: 'boolean', optional: true, default: false,
  description: 'Keep each snapshot of a qcow2 disk in a file of its own, on which the disk stands, instead of within the image. Only the newest can be gone back to.',
} as const satisfies ValueSchema
