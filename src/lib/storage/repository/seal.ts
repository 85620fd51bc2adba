// How everything in a repository is sealed: encrypted with AES-256 in counter mode, and signed with Poly1305-AES, so that what was changed or cut off is
// found before it is used. Pure but for its random numbers. The rules are those of restic's design document ("Keys, Encryption and MAC").
import {createCipheriv, createHash, randomBytes, timingSafeEqual} from 'node:crypto'
import {AppError, InvalidInputError} from '../../base/index.ts'

/** The keys of a repository. Who has them reads and forges everything in it. */
export interface SealKey {
  /** 32 bytes. */
  readonly encrypt: Buffer
  /** 16 bytes: the AES key under which the nonce becomes Poly1305's second half. */
  readonly k: Buffer
  /** 16 bytes: Poly1305's first half. */
  readonly r: Buffer
}

const ivBytes = 16
const macBytes = 16
/** What sealing adds to the length. */
export const sealBytes = ivBytes + macBytes

let poly1305: ((message: Uint8Array, key: Uint8Array) => Uint8Array) | undefined

/** Before anything is sealed or opened; keys do it. The package is loaded by those alone who need it. */
export async function loadSealing(): Promise<void> {
  poly1305 ??= (await import('@noble/ciphers/_poly1305.js')).poly1305
}

export function newSealKey(): SealKey {
  return {encrypt: randomBytes(32), k: randomBytes(16), r: clamped(randomBytes(16))}
}

/** Initialization vector, ciphertext, signature. */
export function seal({encrypt, k, r}: SealKey, plain: Buffer): Buffer {
  const iv = randomBytes(ivBytes)
  const hidden = createCipheriv('aes-256-ctr', encrypt, iv).update(plain)
  return Buffer.concat([iv, hidden, signature(k, r, iv, hidden)])
}

/** @throws InvalidInputError when it was not sealed with this key, or is damaged */
export function unseal({encrypt, k, r}: SealKey, sealed: Buffer): Buffer {
  if (sealed.length < sealBytes) throw new InvalidInputError('a sealed piece of the repository is cut off')
  const [iv, hidden, mac] = [sealed.subarray(0, ivBytes), sealed.subarray(ivBytes, -macBytes), sealed.subarray(-macBytes)]
  if (!timingSafeEqual(signature(k, r, iv, hidden), mac)) throw new InvalidInputError('a sealed piece of the repository is damaged, or was sealed with another key')
  return createCipheriv('aes-256-ctr', encrypt, iv).update(hidden)
}

/** The name of a blob, and of each file but `config`: the SHA-256 of its bytes, as hexadecimal digits. */
export function hashOf(data: Buffer): string {
  return createHash('sha256').update(data).digest('hex')
}

function signature(k: Buffer, r: Buffer, iv: Buffer, hidden: Buffer): Buffer {
  if (poly1305 === undefined) throw new AppError('internal', 'something was to be sealed before that was loaded')
  const nonce = createCipheriv('aes-128-ecb', k, null).setAutoPadding(false).update(iv)
  return Buffer.from(poly1305(hidden, Buffer.concat([r, nonce])))
}

/** Poly1305 wants 22 bits of `r` to be zero (RFC 8439, 2.5). Masked when it is used; other programs want it masked as it is kept. */
function clamped(r: Buffer): Buffer {
  for (const index of [3, 7, 11, 15]) r.writeUInt8(r.readUInt8(index) & 15, index)
  for (const index of [4, 8, 12]) r.writeUInt8(r.readUInt8(index) & 252, index)
  return r
}
