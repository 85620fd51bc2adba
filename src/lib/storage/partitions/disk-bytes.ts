// What the readers of tables and signatures need of a disk.

export interface DiskBytes {
  readonly sizeBytes: number
  /** Just these bytes. @throws what reading the disk throws; never asked for what is beyond its end */
  read(offset: number, lengthBytes: number): Promise<Buffer>
}

/** As many as there are, filled up with zeros: signatures are looked for on the smallest disks too. */
export async function bytesAt(disk: DiskBytes, offset: number, lengthBytes: number): Promise<Buffer> {
  const there = Math.max(0, Math.min(lengthBytes, disk.sizeBytes - offset))
  const bytes = there === 0 ? Buffer.alloc(0) : await disk.read(offset, there)
  return there === lengthBytes ? bytes : Buffer.concat([bytes, Buffer.alloc(lengthBytes - there)])
}
