// Amounts in an OVF manifest: a number and a unit such as `byte * 2^20` (DMTF DSP0004, programmatic units), or one of the words that
// older programs write. Pure.
import {InvalidInputError} from '../../../base/index.ts'

const words: Readonly<Record<string, number>> = {
  byte: 1, bytes: 1, kilobytes: 2 ** 10, kb: 2 ** 10, megabytes: 2 ** 20, mb: 2 ** 20, gigabytes: 2 ** 30, gb: 2 ** 30, terabytes: 2 ** 40, tb: 2 ** 40,
}

/**
 * @param unit where there is none, `otherwise` is the unit in bytes
 * @throws InvalidInputError naming what the amount is for
 */
export function amountInBytes(what: string, amount: string, unit: string | undefined, otherwise: number): number {
  if (!/^\d{1,15}$/.test(amount.trim())) throw new InvalidInputError(`${what}: '${amount.slice(0, 40)}' is no whole number`)
  const bytes = Number(amount.trim()) * unitInBytes(what, unit, otherwise)
  if (!Number.isSafeInteger(bytes)) throw new InvalidInputError(`${what}: ${amount.slice(0, 40)} × ${(unit ?? '').slice(0, 40)} is more than there is`)
  return bytes
}

function unitInBytes(what: string, unit: string | undefined, otherwise: number): number {
  const plain = (unit ?? '').trim().toLowerCase()
  if (plain === '') return otherwise
  if (Object.hasOwn(words, plain)) return words[plain] as number
  const power = /^bytes? ?\* ?(2|10) ?\^ ?(\d{1,2})$/.exec(plain)
  if (power === null) throw new InvalidInputError(`${what}: the unit '${(unit ?? '').slice(0, 40)}' is not known`)
  return Number(power[1]) ** Number(power[2])
}
