// The interface that every storage type implements, and the words it is spoken about in. A plugin's abilities are data and optional
// groups of methods; test/contract/storage runs against every plugin.
import type {Readable, Writable} from 'node:stream'
import type {Clock} from '../base/index.ts'
import type {Host} from '../host/index.ts'
import type {Params} from '../spec/index.ts'
import type {StorageRepository} from './repository/storage-repository.ts'

export const contentTypes = ['images', 'rootdir', 'vztmpl', 'iso', 'backup', 'snippets', 'import'] as const
export type Content = (typeof contentTypes)[number]
export const imageFormats = ['raw', 'qcow2', 'vmdk', 'subvol'] as const
export type Format = (typeof imageFormats)[number]

/** `<storage>:<name>`: `local:100/vm-100-disk-0.qcow2`, `local:iso/debian.iso`. */
export interface VolumeId {
  readonly storage: string
  /** What stands after the colon; checked against traversal by the plugin's parseName. */
  readonly name: string
}

/** Formats of what is no disk image, as listings name them: `iso`, `tgz` (template), `tar.zst` (backup), `snippet`, `ova`, `ova+raw` (a disk in it). */
export type FileFormat =
  | 'iso' | 'snippet' | 'ova' | 'ovf' | `ova+${'raw' | 'qcow2' | 'vmdk'}` | 'tgz' | 'txz' | 'tzst' | 'tbz2'
  | 'tar' | 'vma' | `${'tar' | 'vma'}.${'gz' | 'lzo' | 'zst' | 'bz2'}` | 'restic-vm' | 'restic-ct'

/** What a volume's name says, without a look at the storage. */
export interface VolumeName {
  readonly content: Content
  readonly format: Format | FileFormat
  /** The guest that owns it, for images and backups. */
  readonly vmid?: number
  /** The name without folders. */
  readonly base: string
  /** A template's volume (`base-100-disk-0`). */
  readonly isBase: boolean
  /** For a linked clone: the name of the volume it stands on (`9000/base-9000-disk-0.qcow2`). */
  readonly parent?: string
}

export interface Volume extends VolumeName {
  readonly id: VolumeId
  readonly sizeBytes: number
  readonly usedBytes?: number
  /** The backing file that the image itself names; differs from `parent` when the image was made by hand. */
  readonly backing?: string
  /** The kind of guest that a backup holds. */
  readonly guestType?: 'lxc' | 'openvz' | 'qemu'
  readonly createdAtMs?: number
  readonly notes?: string
  readonly isProtected?: boolean
}

export interface NewVolume {
  readonly vmid: number
  readonly format: Format
  readonly sizeBytes: number
  /** Name without folders; the storage's next free `vm-<vmid>-disk-<n>` when absent. */
  readonly base?: string
  /** Whatever the storage usually does, the image maps nothing yet: what it has not is read from one below it. Only qcow2 is made so. */
  readonly mapsNothing?: boolean
}

/** What QEMU's -blockdev needs to open the volume: the protocol layer and the format on top. */
export interface BlockSource {
  readonly protocol: Readonly<Record<string, unknown>> & {readonly driver: string}
  readonly format: Format
}

/** How qemu-img names a volume, or a snapshot of it. */
export interface ImageName {
  readonly format: Format
  /** A path or a name that QEMU takes (`rbd:pool/disk`), to stand beside its format (`-f`, `-O`). */
  readonly path: string
  /** In place of the path, where that cannot say all: options for --image-opts, the driver of the format among them. */
  readonly options?: Readonly<Record<string, string>>
  /** The snapshot lies within the image and is chosen with `-l snapshot.name=`. */
  readonly internalSnapshot?: string
}

/** A password or keyring: kept in the store below priv/, never in storage.cfg. */
export interface StorageSecret {
  readonly text: string
  /** The file on the host that programs read it from; the storage writes it (mode 0600) before it runs them. */
  readonly path: string
}

export interface Usage {
  readonly totalBytes: number
  readonly usedBytes: number
  readonly availableBytes: number
  readonly isActive: boolean
  /** Why it is not active. */
  readonly reason?: string
}

export interface StorageTraits {
  readonly content: readonly Content[]
  readonly defaultContent: readonly Content[]
  readonly formats: readonly Format[]
  readonly defaultFormat: Format
  readonly shared: boolean
  /** Makes folders for containers as well (format subvol, size 0), which have no limit of their own. */
  readonly hasOpenFolders?: boolean
  /** The formats whose disks can have snapshots; none where the storage has no `snapshots`. */
  readonly snapshotFormats: readonly Format[]
  /** Going back to an older snapshot would lose the newer ones, so it is refused while there are any. Absent: any snapshot will do. */
  readonly rollsBackToNewestOnly?: boolean
  /** Snapshots of images are images of their own (snapshot-as-volume-chain), and none lie within an image. Absent: they lie within it, where it is a file. */
  readonly keepsChains?: boolean
  /** The formats whose disks can become the base of linked clones; none where the storage has no `templates`. */
  readonly templateFormats: readonly Format[]
  /** Clones share what they have in common with their base, but need it no more than any copy does. Absent: they are lost without it. */
  readonly clonesStandAlone?: boolean
  /** The formats whose disks can be sent to another host by what has changed since the last time. Absent: none. */
  readonly replicationFormats?: readonly Format[]
  /** Whether a new disk reads as zeros, so that copying into it may leave zeros out. */
  readonly readsZerosWhenNew: boolean
}

export interface VolumeSnapshot { readonly name: string; readonly createdAtMs: number }

/** Snapshots within a volume. Of an image file that the QEMU of a running guest has open, it makes them itself; all other kinds have theirs taken and removed beneath it. */
export interface VolumeSnapshots {
  /** In the order in which they were taken. @throws NotFoundError */
  list(id: VolumeId): Promise<readonly VolumeSnapshot[]>
  /** @throws ConflictError when there is one by that name or the volume is in use, and then nothing was touched; UnsupportedError for its format */
  create(id: VolumeId, name: string): Promise<void>
  /** Gives the volume its content of that time. @throws NotFoundError for the snapshot, ConflictError when the volume is in use */
  rollback(id: VolumeId, name: string): Promise<void>
  /** Throws what `rollback` would, where a storage cannot go back to every snapshot; asked before anything is done. @throws ConflictError */
  checkRollback?(id: VolumeId, name: string): Promise<void>
  /** Resolves when it is not there either. @throws ConflictError when the volume is in use */
  remove(id: VolumeId, name: string): Promise<void>
}

/** The files of a snapshot in a chain, by their paths on the host. */
export interface ChainFiles {
  readonly disk: string
  readonly snapshot: string
  /** The new file, as long as it does not have the disk's name yet. */
  readonly overlay: string
}

/** Where a snapshot stands in a chain. */
export interface ChainPlace {
  /** What stands on it: the disk, or a newer snapshot. */
  readonly child: string
  /** What it stands on itself; `named` as headers name it. */
  readonly below?: {readonly path: string; readonly named: string}
}

/** Chains of files (keepsChains) while a QEMU has the disk open: what is done with the files. QEMU itself is the caller's business. */
export interface OpenChains {
  /** Pure. */
  files(id: VolumeId, name: string): ChainFiles
  /**
   * Makes the file that QEMU is to go on in, standing on the snapshot, and gives the one that it has open the snapshot's name beside its own.
   * @throws ConflictError when there is a snapshot by that name, and then nothing was touched; UnsupportedError
   */
  prepare(id: VolumeId, name: string): Promise<ChainFiles>
  /** Once QEMU goes on in the new file: gives it the disk's name. Right as well when it has it. */
  settle(id: VolumeId): Promise<void>
  /** Takes back `prepare`, where QEMU never went on in the new file. Right as well when there is nothing. */
  forget(id: VolumeId, name: string): Promise<void>
  /** undefined when the disk does not stand on that snapshot. */
  place(id: VolumeId, name: string): Promise<ChainPlace | undefined>
}

/** Volumes that are not written any more, and others that stand on them. */
export interface VolumeTemplates {
  /** Pure: the id that the volume will have as a base. */
  baseOf(id: VolumeId): VolumeId
  /** Makes the volume a base, under its new id. Done twice it does nothing. @throws NotFoundError, UnsupportedError for its format, ConflictError */
  makeBase(id: VolumeId): Promise<VolumeId>
  /** The reverse, for an undo. @param id as it was before. @throws ConflictError when clones stand on it */
  unmakeBase(id: VolumeId): Promise<void>
  /** The next free id of a clone of that base for a guest, given names that are spoken for. */
  nextClone(base: VolumeId, vmid: number, taken: readonly string[]): Promise<VolumeId>
  /** Makes a volume that reads from the base what was not written to it. @throws ConflictError when it exists, and then nothing was touched */
  clone(base: VolumeId, id: VolumeId): Promise<Volume>
}

/**
 * How a volume looks on a wire or in a file, as `pvesm export` and `import` name it. The `+size` formats begin with eight bytes, the size of the disk
 * with the lowest byte first; `zfs` and `btrfs` are what `zfs send` and `btrfs send` write.
 */
export const streamFormats = ['raw+size', 'tar+size', 'qcow2+size', 'vmdk+size', 'zfs', 'btrfs'] as const
export type StreamFormat = (typeof streamFormats)[number]

/** What of a volume a stream holds. */
export interface StreamContent {
  /** The volume as it was at this snapshot; as it is now when absent. Importing: the snapshot that the new volume will have for it. */
  readonly snapshot?: string
  /** Only what has changed since this snapshot, which the receiver has as well. */
  readonly base?: string
  /** Its snapshots as well, as far as the stream's end: all, or those between `base` and `snapshot`. */
  readonly withSnapshots?: boolean
}

export interface StreamRequest extends StreamContent { readonly format: StreamFormat }

/** Volumes as streams: bounded memory, whatever their size. */
export interface VolumeTransfer {
  /** Pure: the formats in which that of the volume can be written, the best first. None: it cannot. */
  exportFormats(id: VolumeId, content: StreamContent): readonly StreamFormat[]
  /** Pure: the formats from which a volume by that id can be made, the best first. */
  importFormats(id: VolumeId, content: StreamContent): readonly StreamFormat[]
  /** Writes the volume to a stream, which stays open. @throws NotFoundError, UnsupportedError for a format that exportFormats does not have, ConflictError when it is in use */
  export(id: VolumeId, request: StreamRequest, to: Writable, signal: AbortSignal): Promise<void>
  /**
   * Makes the volume from a stream, whole and on disk when it resolves. Nothing is left of it when it does not.
   * @throws ConflictError when there is one by that id, and then nothing was touched (with `base`: NotFoundError when there is none); InvalidInputError
   * for a stream that ends early, goes on too long or is not what it says; ForbiddenError for an image that names other files; UnavailableError
   * when the space does not suffice; CancelledError
   */
  import(id: VolumeId, request: StreamRequest, from: Readable, signal: AbortSignal): Promise<Volume>
}

/** A section of storage.cfg: `type` and `storage` and the options as they stand there. */
export interface StorageConfig { readonly type: string; readonly storage: string; readonly [option: string]: unknown }

export interface StoragePlugin {
  /** As written in storage.cfg. */
  readonly type: string
  /** Its options: they feed the command line, the documents and validation. `fixed` ones can only be given to `pvesm add`. */
  readonly params: Params
  readonly fixed: readonly string[]
  readonly traits: StorageTraits
  /** Pure. @throws InvalidInputError for a name that this type does not have (traversal, unknown content). */
  parseName(name: string): VolumeName
  /** The option that is a secret, and the file of the store that it is kept in. */
  readonly secret?: {
    readonly option: string
    readonly storePath: (config: StorageConfig) => string
    /** It is the server's, for all storages on it: it is neither replaced nor removed with one of them. */
    readonly isOfServer?: boolean
    /** The text of that file for a value of the option. @throws InvalidInputError for a value that it cannot hold */
    readonly fileText: (value: string) => string
  }
  /** Pure: what a new section says where its maker did not, such as where it is mounted. */
  defaultsFor?(storage: string): Readonly<Record<string, unknown>>
  /** @param runDir where what holds until the host is started again is written down; without it nothing is, as when only names are looked at */
  open(config: StorageConfig, host: Host, clock: Clock, secret?: StorageSecret, runDir?: string): Storage
}

/** The mount that a storage makes for itself. */
export interface StorageMount {
  /** The folder at which it is mounted. */
  readonly path: string
  /** Pure: what mounts it, as argv. */
  readonly commands: readonly (readonly string[])[]
  /**
   * Unmounts what we have mounted, and nothing else: what an administrator mounted stays.
   * @returns whether it was ours and is gone
   * @throws ConflictError while somebody uses it, UnavailableError when the server does not let go
   */
  unmount(): Promise<boolean>
}

/** A change of volumes, to be shown as the commands that it comes to. */
export type VolumeChange =
  | {readonly create: {readonly id: VolumeId; readonly want: NewVolume}}
  | {readonly remove: VolumeId}
  | {readonly resize: {readonly id: VolumeId; readonly sizeBytes: number}}
  | {readonly rename: {readonly from: VolumeId; readonly to: VolumeId}}
  | {readonly snapshot: 'create' | 'rollback' | 'remove'; readonly id: VolumeId; readonly name: string}
  | {readonly makeBase: VolumeId}
  | {readonly clone: {readonly base: VolumeId; readonly id: VolumeId}}

export interface Storage {
  readonly config: StorageConfig
  readonly traits: StorageTraits
  /** Pure. @throws InvalidInputError for a name that this type does not have */
  parseName(name: string): VolumeName
  /** Makes it usable (folders, mounts); cheap when it is already. @throws UnavailableError with what is wrong */
  activate(): Promise<void>
  /** Absent where nothing is mounted for the storage. */
  readonly mount?: StorageMount
  usage(): Promise<Usage>
  /** @param tell is told in a sentence what of it cannot be read and is left out */
  list(content: readonly Content[], vmid?: number, tell?: (problem: string) => void): Promise<Volume[]>
  /** @throws NotFoundError */
  volume(id: VolumeId): Promise<Volume>
  /** The next free disk name for a guest, given names that are spoken for. */
  nextName(vmid: number, format: Format, taken: readonly string[]): Promise<VolumeId>
  /** Pure: the id of a new volume by the name asked for (`want.base`). @throws InvalidInputError when this type does not take that name */
  nameFor(want: NewVolume): VolumeId
  /** Pure: what a change would run on the host, as argv. */
  commands(change: VolumeChange): readonly (readonly string[])[]
  /** Pure but for a look at the folder or pool: whether a volume by that name is there. */
  exists(id: VolumeId): Promise<boolean>
  /** @throws ConflictError when it exists, and then nothing was touched; UnavailableError when the space does not suffice */
  create(want: NewVolume): Promise<Volume>
  /** Looks whether it may be removed. @throws ConflictError when something else stands on it or it is protected, UnsupportedError */
  checkRemovable(id: VolumeId): Promise<void>
  /** Removes it; resolves when it is not there either. @throws as checkRemovable */
  remove(id: VolumeId): Promise<void>
  /** Makes it larger. @throws InvalidInputError to make it smaller */
  resize(id: VolumeId, sizeBytes: number): Promise<void>
  /**
   * Gives a disk another name, which may be another guest's. Right as well when it was done before.
   * @throws ConflictError when the new name is taken, and then nothing was touched; NotFoundError when neither is there
   */
  rename(from: VolumeId, to: VolumeId): Promise<void>
  /** Absent where volumes have no snapshots. */
  readonly snapshots?: VolumeSnapshots
  /**
   * Makes room for a disk that a running QEMU has open and makes larger itself afterwards (block_resize). Absent where QEMU needs none, or where `resize` is all
   * that is to be done. @throws as resize
   */
  makeRoom?(id: VolumeId, sizeBytes: number): Promise<void>
  /** Absent where no snapshots are files of their own. */
  readonly openChains?: OpenChains
  /** Absent where there are no linked clones. */
  readonly templates?: VolumeTemplates
  /** Absent where volumes cannot be had as streams. */
  readonly transfer?: VolumeTransfer
  /** Where backups are no archives but lie in a repository, each piece of data once. Absent where they are files. */
  readonly repository?: StorageRepository
  /**
   * Asks for what path, blockSource and imageName tell of a volume from then on, for types on which a server decides where a volume is. attach and the
   * making of a volume do it as well. Absent: names say all.
   * @throws ConflictError when the server does not have it
   */
  locate?(id: VolumeId): Promise<void>
  /** Pure: the path on the host, or a URL that qemu-img understands. */
  path(id: VolumeId): string
  /** Pure: how QEMU opens it. */
  blockSource(id: VolumeId): BlockSource
  /** Pure: how qemu-img opens the volume, or a snapshot of it, which it may only read. @throws UnsupportedError for a snapshot of what has none */
  imageName(id: VolumeId, snapshot?: string): ImageName
  /** Paths of files that a process of this host was writing when it was killed; no volumes. */
  leftovers(): Promise<readonly string[]>
  /** Makes the volume's device, or that of a snapshot for reading, appear on the host and gives its path. */
  attach(id: VolumeId, snapshot?: string): Promise<string>
  detach(id: VolumeId, snapshot?: string): Promise<void>
}
