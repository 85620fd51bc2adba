// A guest without an operating system that writes to all its disks, all the time: a program of a hundred bytes that the firmware starts from a CD and that asks the firmware to write. It
// stands still when the machine does, needs a second or two to come up under TCG, and takes 32 MiB.
//
// Block after block it writes one number to each disk, the first disk first: 4 KiB full of that number, at one of 64 places in turn. So each place holds the last number that was its own, and
// from the disks one can tell at which number they were frozen, and whether anything came later, is missing, or is torn.
const places = 64
const [firstPlaceBytes, placeDistanceBytes, blockBytes] = [16 * 1024 ** 2, 256 * 1024, 4096]

/** How large a disk of such a guest must be: 32 MiB. What lies in the first half is not written. */
export const writtenDiskGib = 0.03125
/** How many writes to one disk it takes until each place was written twice. */
export const twiceEverywhere = 2 * places

/** In real mode. The packet that describes a write is at 2000:0000, the number at 2000:0020, the block at 2000:0200. */
const program = Buffer.from([
  'fc', 'b80020 8ed8 8ec0 8ed0 bcf0ff fb', //    cld; ds = es = ss = 2000h; sp = fff0h; sti
  '66c7060000 10000800', //                      packet: 16 bytes long, 8 sectors
  '66c7060400 00020020', //                      packet: the block is at 2000:0200
  '6631c0 66a30c00 66a32000', //                 packet: upper half of the sector's number = 0; number = 0
  'f606200007 7501 f4', //                 next: unless number % 8 = 0, go on; hlt, until the clock ticks
  '66ff062000 66a12000', //                      number += 1; eax = number
  'bf0002 b90004 66f3ab', //                     the block = 1024 times eax
  '83e03f 660fb7c0 66c1e009 660500800000', //    eax = 32768 + number % 64 * 512
  '66a30800 b280', //                            packet: the sector is eax; dl = 80h
  '31f6 b80043 cd13', //                   disk: int 13h, function 43h: write what the packet at ds:0 says to disk dl
  'fec2 88d0 247f', //                           dl += 1; al = how many disks that were
  '1e 31c9 8ed9 3a067504 1f', //                 compared with what the firmware says how many there are, at 0000:0475
  '72e7 ebb4', //                                fewer: disk; else: next
].join('').replaceAll(' ', ''), 'hex')

const isoBlockBytes = 2048
/** Blocks of the image: El Torito wants its record in the seventeenth. */
const [volumeBlock, recordBlock, endBlock, catalogBlock, programBlock] = [16, 17, 18, 19, 20]

/** A CD that boots into it, to be put among the ISO images of a storage. The disks must stand in `boot` behind the CD: the firmware knows no others. */
export function writingGuestIso(): Buffer {
  const image = Buffer.alloc((programBlock + 1) * isoBlockBytes)
  const descriptor = (block: number, type: number, system = ''): void => { image.write(`${String.fromCharCode(type)}CD001\x01${system}`, block * isoBlockBytes, 'latin1') }
  descriptor(volumeBlock, 1)
  descriptor(recordBlock, 0, 'EL TORITO SPECIFICATION')
  image.writeUInt32LE(catalogBlock, recordBlock * isoBlockBytes + 0x47)
  descriptor(endBlock, 255)
  const catalog = image.subarray(catalogBlock * isoBlockBytes)
  // The first entry is of platform 0 (x86), and its 16-bit words add up to 0.
  catalog.writeUInt8(1, 0)
  catalog.writeUInt16LE(0xaa55, 0x1e)
  catalog.writeUInt16LE(0x10000 - 1 - 0xaa55, 0x1c)
  // The second: bootable, without emulation, one sector of 512 bytes.
  catalog.writeUInt8(0x88, 0x20)
  catalog.writeUInt16LE(1, 0x26)
  catalog.writeUInt32LE(programBlock, 0x28)
  program.copy(image, programBlock * isoBlockBytes)
  return image
}

/** What the places hold when a number was the last that was written to a disk. */
const asOf = (number: number): number[] => Array.from({length: places}, (_, place) => number - (((number - place) % places) + places) % places)

/** The numbers at the places of a disk. @throws when a block is torn: two numbers are in it */
function numbersOn(disk: Buffer, name: string): number[] {
  return Array.from({length: places}, (_, place) => {
    const at = firstPlaceBytes + place * placeDistanceBytes
    const number = disk.readUInt32LE(at)
    for (let offset = 4; offset < blockBytes; offset += 4) {
      if (disk.readUInt32LE(at + offset) !== number) throw new Error(`${name}: the block at ${at} is torn: ${number}, and ${disk.readUInt32LE(at + offset)} at ${offset}`)
    }
    return number
  })
}

/**
 * The moment at which the disks of such a guest are, in the order of its boot.
 * @returns the last number that was written to the first of them
 * @throws when they are not as they were at one moment, or not each place was written yet
 */
export function momentOf(disks: readonly Buffer[]): number {
  const [first = [], ...others] = disks.map((disk, index) => numbersOn(disk, `disk ${index}`))
  const last = Math.max(...first)
  if (last < places) throw new Error(`not each place was written yet: the last number is ${last}`)
  const isAsOf = (numbers: readonly number[], number: number): boolean => asOf(number).every((expected, place) => numbers[place] === expected)
  if (!isAsOf(first, last)) throw new Error(`disk 0 is not as it was after ${last}: ${first.join(' ')}`)
  // Each disk is written after the one before it.
  others.reduce((before, numbers, index) => {
    const own = Math.max(...numbers)
    if (!isAsOf(numbers, own) || own > before || own < last - 1) throw new Error(`disk ${index + 1} is not as it was when disk ${index} was at ${before}: ${numbers.join(' ')}`)
    return own
  }, last)
  return last
}
