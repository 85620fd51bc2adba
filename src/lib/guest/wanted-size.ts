// The size to which a volume of a guest is to grow, from the words of a command. Pure.
import {InvalidInputError} from '../base/index.ts'
import {formatSize, parseSize, wholeBlocks} from '../spec/index.ts'

/**
 * The size that is wanted: `+10G` is that much more than now, `40G` is the size itself. Rounded up to whole blocks of 4 KiB.
 * @param noun what grows, for an error
 * @throws InvalidInputError for a smaller size
 */
export function wantedSize(text: string, currentBytes: number, noun = 'disk'): number {
  const isMore = text.startsWith('+')
  const bytes = parseSize(isMore ? text.slice(1) : text) + (isMore ? currentBytes : 0)
  const rounded = wholeBlocks(bytes)
  if (!Number.isSafeInteger(rounded)) throw new InvalidInputError(`a ${noun} of that size is larger than any storage can hold`, {size: 'is too large'})
  // One that is no whole number of blocks stays as it is.
  if (bytes === currentBytes) return bytes
  if (rounded < currentBytes) {
    throw new InvalidInputError(`the ${noun} has ${formatSize(currentBytes)}; ${noun}s can only be made larger`, {size: `is smaller than the ${noun}`}, {
      nextSteps: [isMore ? 'Give a size above 0.' : `To add to it, write +${text}.`],
    })
  }
  return rounded
}
