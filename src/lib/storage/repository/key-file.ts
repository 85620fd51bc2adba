// A file of `keys/`: the keys of the repository, sealed with what scrypt makes of a password. Several of them open the same repository. Pure but for random numbers
// and the time that scrypt takes. The layout is that of restic's design document ("Keys, Encryption and MAC").
import {randomBytes, scrypt} from 'node:crypto'
import {ForbiddenError, InvalidInputError} from '../../base/index.ts'
import {bytesOf, countOf, objectOf, parseObject, textOf} from './json-records.ts'
import {hashOf, loadSealing, newSealKey, seal, unseal} from './seal.ts'
import type {SealKey} from './seal.ts'

/** scrypt's costs (RFC 7914): memory is 128 N r bytes. */
interface ScryptCosts {
  readonly N: number
  readonly r: number
  readonly p: number
}

/** 32 MiB and about a tenth of a second. */
const usualCosts: ScryptCosts = {N: 32_768, r: 8, p: 1}
/** Others may have chosen more; a file that asks for gigabytes was not written by them. */
const maxMemoryBytes = 1024 ** 3
/** Memory that is gone through, which is the time that it takes: some ten seconds. restic draws its costs so that it takes half of one. */
const maxWorkBytes = 4 * 1024 ** 3

export interface KeyOwner {
  readonly hostname: string
  readonly username: string
  readonly createdAtMs: number
}

/** A new file of `keys/`; its name is the hash of its bytes. @param key those of the repository; new ones without */
export async function newKeyFile(password: string, owner: KeyOwner, key = newSealKey(), costs = usualCosts): Promise<{readonly name: string; readonly data: Buffer; readonly key: SealKey}> {
  await loadSealing()
  const salt = randomBytes(64)
  const inner = {mac: {k: key.k.toString('base64'), r: key.r.toString('base64')}, encrypt: key.encrypt.toString('base64')}
  const data = Buffer.from(JSON.stringify({
    created: new Date(owner.createdAtMs).toISOString(), username: owner.username, hostname: owner.hostname, kdf: 'scrypt', ...costs,
    salt: salt.toString('base64'), data: seal(await passwordKey(password, salt, costs), Buffer.from(JSON.stringify(inner))).toString('base64'),
  }))
  return {name: hashOf(data), data, key}
}

/** @throws ForbiddenError for a wrong password; InvalidInputError for a file that is none of `keys/` */
export async function openKeyFile(file: Buffer, password: string): Promise<SealKey> {
  await loadSealing()
  const fields = parseObject(file, 'a key')
  if (fields['kdf'] !== 'scrypt') throw new InvalidInputError('a key of the repository is made of its password in an unknown way')
  const costs = {N: countOf(fields['N'], "scrypt's N"), r: countOf(fields['r'], "scrypt's r", 1024), p: countOf(fields['p'], "scrypt's p", 64)}
  if (costs.N < 2 || (costs.N & (costs.N - 1)) !== 0 || costs.r === 0 || costs.p === 0 || 128 * costs.N * costs.r > maxMemoryBytes || 128 * costs.N * costs.r * costs.p > maxWorkBytes) {
    throw new InvalidInputError('a key of the repository asks scrypt for what cannot be')
  }
  const sealed = bytesOf(fields['data'], 'a key')
  const outer = await passwordKey(password, bytesOf(fields['salt'], 'the salt of a key'), costs)
  let inner: Buffer
  try {
    inner = unseal(outer, sealed)
  } catch (cause) {
    throw new ForbiddenError('the password does not open this repository', {cause})
  }
  const opened = parseObject(inner, 'a key')
  const mac = objectOf(opened['mac'], 'a key')
  return {encrypt: bytesOf(opened['encrypt'], 'a key', 32), k: bytesOf(mac['k'], 'a key', 16), r: bytesOf(mac['r'], 'a key', 16)}
}

/** Whose key file it is, for those who list them. @throws InvalidInputError */
export function readKeyOwner(file: Buffer): KeyOwner {
  const fields = parseObject(file, 'a key')
  const createdAtMs = Date.parse(textOf(fields['created'], 'the date of a key'))
  return {hostname: textOf(fields['hostname'], 'a key'), username: textOf(fields['username'], 'a key'), createdAtMs: Number.isNaN(createdAtMs) ? 0 : createdAtMs}
}

/** 64 bytes: what encrypts, then the two halves that sign. */
async function passwordKey(password: string, salt: Buffer, {N, r, p}: ScryptCosts): Promise<SealKey> {
  const bytes = await new Promise<Buffer>((resolve, reject) => {
    scrypt(Buffer.from(password), salt, 64, {N, r, p, maxmem: 2 * maxMemoryBytes}, (error, key) => { if (error === null) resolve(key); else reject(error) })
  })
  return {encrypt: bytes.subarray(0, 32), k: bytes.subarray(32, 48), r: bytes.subarray(48, 64)}
}
