// A disk in a backup whose parts can be read in any order, whatever keeps it: for restoring it, for a machine that starts while it is restored, and for looking at its
// files. It knows no format.

export interface DiskSource {
  readonly sizeBytes: number
  /**
   * @returns just these bytes, which are nobody else's to change
   * @throws InvalidInputError beyond the end of the disk, and for a backup that is damaged there; UnavailableError when the backup cannot be reached
   */
  read(offset: number, lengthBytes: number): Promise<Buffer>
  /** Whether all of this is known to be zeros without reading it; nothing is said by false. */
  isHole(offset: number, lengthBytes: number): boolean
}

/** A disk with its name in the backup: `drive-scsi0`. */
export interface NamedDiskSource extends DiskSource {
  readonly name: string
}
