// The hash of a password as crypt(3) makes it with SHA-256 (`$5$salt$…`), which is how cloud-init is given passwords. Pure but for the salt.
// The algorithm is that of Ulrich Drepper's "Unix crypt using SHA-256 and SHA-512".
import {createHash, randomBytes} from 'node:crypto'

const alphabet = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const rounds = 5000
const blockBytes = 32

/** Sixteen characters of crypt's alphabet. */
export function newSalt(): string {
  return [...randomBytes(16)].map(byte => alphabet[byte % 64]).join('')
}

/** The hash of a password; what is a hash already stays as it is. */
export function hashedPassword(text: string, salt: string): string {
  return /^\$(?:[156]|2[ay]|y)\$.+\$.+/.test(text) ? text : sha256Crypt(text, salt)
}

export function sha256Crypt(password: string, givenSalt: string): string {
  const key = Buffer.from(password, 'utf8')
  const salt = Buffer.from(givenSalt.slice(0, 16), 'latin1')
  const alternate = hash(key, salt, key)
  const first = [key, salt, stretched(alternate, key.length)]
  for (let bits = key.length; bits > 0; bits >>= 1) first.push((bits & 1) === 1 ? alternate : key)
  let digest = hash(...first)
  const keyBytes = stretched(hash(...Array.from({length: key.length}, () => key)), key.length)
  const saltBytes = stretched(hash(...Array.from({length: 16 + (digest[0] ?? 0)}, () => salt)), salt.length)
  for (let round = 0; round < rounds; round++) {
    const isOdd = round % 2 === 1
    digest = hash(
      isOdd ? keyBytes : digest,
      ...(round % 3 === 0 ? [] : [saltBytes]),
      ...(round % 7 === 0 ? [] : [keyBytes]),
      isOdd ? digest : keyBytes,
    )
  }
  return `$5$${salt.toString('latin1')}$${encoded(digest)}`
}

function hash(...parts: readonly Buffer[]): Buffer {
  const sum = createHash('sha256')
  for (const part of parts) sum.update(part)
  return sum.digest()
}

/** As many bytes as asked for, the digest over and over. */
function stretched(digest: Buffer, length: number): Buffer {
  return Buffer.alloc(length, length === 0 ? Buffer.alloc(1) : digest.subarray(0, Math.min(blockBytes, length)))
}

/** Crypt's own base 64: three bytes at a time, in the order that the algorithm says. */
function encoded(digest: Buffer): string {
  const groups: readonly (readonly number[])[] = [
    [0, 10, 20], [21, 1, 11], [12, 22, 2], [3, 13, 23], [24, 4, 14], [15, 25, 5], [6, 16, 26], [27, 7, 17], [18, 28, 8], [9, 19, 29],
  ]
  const byte = (at: number) => digest[at] ?? 0
  const threes = groups.map(([a = 0, b = 0, c = 0]) => characters((byte(a) << 16) | (byte(b) << 8) | byte(c), 4))
  return threes.join('') + characters((byte(31) << 8) | byte(30), 3)
}

function characters(bits: number, count: number): string {
  return Array.from({length: count}, (_, place) => alphabet[(bits >>> (6 * place)) & 63]).join('')
}
