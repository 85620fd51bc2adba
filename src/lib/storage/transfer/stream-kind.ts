// One format of streams, as a storage type carries it out. Types have those of whole images by image-streams.ts and file-streams.ts; `zfs` and
// `btrfs` bring their own.
import type {Readable, Writable} from 'node:stream'
import type {StreamContent, StreamFormat, StreamRequest, VolumeId, VolumeName} from '../storage.ts'
import type {StreamWaits} from './stream-bytes.ts'

export interface StreamKind {
  readonly format: StreamFormat
  /** Pure. */
  canExport(name: VolumeName, content: StreamContent): boolean
  /** Pure. */
  canImport(name: VolumeName, content: StreamContent): boolean
  export(id: VolumeId, request: StreamRequest, to: Writable, waits: StreamWaits): Promise<void>
  /**
   * The volume is not there, unless `base` is given.
   * @param owned to be called when from now on what is there by that id was made here: after a failure the caller removes it
   */
  import(id: VolumeId, request: StreamRequest, from: Readable, waits: StreamWaits, owned: () => void): Promise<void>
}
