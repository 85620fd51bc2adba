// Looks whether the compressor of an archive is there, so that no guest is held for an archive that cannot be written.
import {UnavailableError} from '../../base/index.ts'
import type {Host} from '../../host/index.ts'

/** @param argv of the compressor; the Debian package of each has its name. @throws UnavailableError naming the one that is missing */
export async function requireCompressor(argv: readonly string[] | undefined, host: Pick<Host, 'which'>): Promise<void> {
  const [program] = argv ?? []
  if (program === undefined || await host.which(program) !== undefined) return
  throw new UnavailableError(`the archive cannot be compressed: ${program} is not installed`, {nextSteps: [`apt-get install ${program}`]})
}
