// Which drive of qm.conf a disk becomes: the one that its place on its controller says, or the next that is free. Pure.
import {InvalidInputError} from '../../../base/index.ts'

const counts = {ide: 4, scsi: 31, sata: 6} as const
export type DiskBus = keyof typeof counts

/** Hands out the drives of one machine, each once. */
export function diskNumbers(): {take(bus: DiskBus, wished: number): string} {
  const taken = new Set<string>()
  return {
    take: (bus, wished) => {
      const numbers = Array.from({length: counts[bus]}, (_, number) => number)
      const number = [wished, ...numbers].find((candidate) => candidate < counts[bus] && !taken.has(`${bus}${candidate}`))
      if (number === undefined) throw new InvalidInputError(`the OVF manifest has more than ${counts[bus]} disks on ${bus}`)
      taken.add(`${bus}${number}`)
      return `${bus}${number}`
    },
  }
}
