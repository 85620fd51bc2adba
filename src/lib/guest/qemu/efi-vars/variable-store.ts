// The store in which OVMF keeps its variables, read and written as bytes. The format is EDK2's: a firmware volume (MdePkg/Include/Pi/
// PiFirmwareVolume.h) with a store of authenticated variables (MdeModulePkg/Include/Guid/VariableFormat.h) and, behind it, the notes of the
// driver that survives power failures (FaultTolerantWrite.h). The guest can write every byte of it, so every field is bounded before it is
// used, and what does not add up is refused. Pure; it must not know what variables mean.
import {InvalidInputError} from '../../../base/index.ts'

export interface Variable {
  readonly name: string
  /** As in the store, 32 hexadecimal digits of its 16 bytes. */
  readonly guid: string
  readonly attributes: number
  /** Counter, time of the signature and index of the key, as they stand there. */
  readonly authentication: Buffer
  readonly data: Buffer
}

export interface VariableStore {
  /** The whole firmware volume. */
  readonly bytes: Buffer
  /** Where the variables begin and what follows them. */
  readonly beginsAt: number
  readonly endsAt: number
  /** Those that are in force, in their order. */
  readonly variables: readonly Variable[]
}

/** The largest template that there is has 528 KiB. */
export const maxStoreBytes = 4 * 1024 * 1024

const fileSystemGuid = '8d2bf1ff96768b4ca9852747075b4f50'
const authenticatedGuid = '782cf3aa7b949a43a1802e144ec37792'
const workingBlockGuid = '2b29589e687c7d49a0ce6500fd9f1b95'
const volumeHeaderBytes = 72
const storeHeaderBytes = 28
const recordHeaderBytes = 60
const recordId = 0x55AA
const inForce = 0x3F
const beingReplaced = 0x3E
/** What the firmware takes for one variable with its head (PcdMaxAuthVariableSize of OVMF). */
const maxVariableBytes = 0x8400
/** What is left to the firmware, which writes boot entries at its next start. */
const reservedBytes = 8 * 1024

/** @throws InvalidInputError when the bytes are no such store, or one that is damaged or in the middle of a change */
export function readVariableStore(bytes: Buffer): VariableStore {
  if (bytes.length > maxStoreBytes) throw damaged('it is too large')
  if (bytes.length < volumeHeaderBytes + storeHeaderBytes || bytes.toString('latin1', 40, 44) !== '_FVH' || bytes.toString('hex', 16, 32) !== fileSystemGuid) {
    throw damaged('it does not begin as one')
  }
  const volumeBytes = bytes.readBigUInt64LE(32)
  if (volumeBytes > BigInt(bytes.length)) throw damaged('it is cut off')
  const storeAt = bytes.readUInt16LE(48)
  if (storeAt < volumeHeaderBytes || storeAt % 4 !== 0 || storeAt + storeHeaderBytes > volumeBytes) throw damaged('its head is out of bounds')
  if (!addsUpToZero(bytes.subarray(0, storeAt))) throw damaged('the checksum of its head is wrong')
  if (bytes.toString('hex', storeAt, storeAt + 16) !== authenticatedGuid) throw damaged('it has no authenticated variables')
  const beginsAt = storeAt + storeHeaderBytes
  const endsAt = storeAt + bytes.readUInt32LE(storeAt + 16)
  if (endsAt < beginsAt || endsAt > volumeBytes) throw damaged('its variables are out of bounds')
  // 0x5A: formatted; 0xFE: healthy.
  if (bytes[storeAt + 20] !== 0x5A || bytes[storeAt + 21] !== 0xFE) throw damaged('the firmware was interrupted while it laid it out')
  const whole = bytes.subarray(0, Number(volumeBytes))
  refuseUnfinished(whole)
  return {bytes: whole, beginsAt, endsAt, variables: readVariables(whole, beginsAt, endsAt)}
}

/**
 * The same store with other variables, packed as the firmware packs it when it is full.
 * @throws InvalidInputError when they do not fit
 */
export function formatVariableStore(store: VariableStore, variables: readonly Variable[]): Buffer {
  const bytes = Buffer.from(store.bytes)
  bytes.fill(0xFF, store.beginsAt, store.endsAt)
  let at = store.beginsAt
  for (const variable of variables) {
    const record = formatRecord(variable)
    if (record.length > maxVariableBytes) throw new InvalidInputError(`the variable ${variable.name} would be larger than the firmware takes (${maxVariableBytes} bytes)`)
    if (at + record.length > store.endsAt - reservedBytes) {
      throw new InvalidInputError('the variable store of the guest has not enough space left', {}, {nextSteps: ['Remove boot entries or keys in the setup of the firmware, or give the guest a new efidisk0.']})
    }
    record.copy(bytes, at)
    at = aligned(at + record.length)
  }
  return bytes
}

function readVariables(bytes: Buffer, beginsAt: number, endsAt: number): Variable[] {
  const found = new Map<string, Variable>()
  const replaced = new Map<string, Variable>()
  let at = beginsAt
  // A record has at least its head, so this ends.
  while (at + recordHeaderBytes <= endsAt) {
    const id = bytes.readUInt16LE(at)
    if (id === 0xFFFF) break
    if (id !== recordId) throw damaged(`at byte ${at} there is no variable`)
    const state = bytes.readUInt8(at + 2)
    const [nameBytes, dataBytes] = sizesOf(bytes, at, state)
    const nameAt = at + recordHeaderBytes
    const dataAt = nameAt + nameBytes
    if (dataAt + dataBytes > endsAt) throw damaged(`the variable at byte ${at} is out of bounds`)
    if (state === inForce || state === beingReplaced) {
      const variable = {
        name: nameOf(bytes.subarray(nameAt, dataAt), at), guid: bytes.toString('hex', at + 44, at + recordHeaderBytes), attributes: bytes.readUInt32LE(at + 4),
        authentication: bytes.subarray(at + 8, at + 36), data: bytes.subarray(dataAt, dataAt + dataBytes),
      }
      const key = `${variable.guid} ${variable.name}`
      const among = state === inForce ? found : replaced
      // Of two the firmware takes the first.
      if (!among.has(key)) among.set(key, variable)
    }
    at = aligned(dataAt + dataBytes)
  }
  // One that was being replaced counts as long as its successor is not there.
  for (const [key, variable] of replaced) if (!found.has(key)) found.set(key, variable)
  return [...found.values()]
}

/** A record whose head was not written to its end, in which the firmware sees nothing but the head. */
function sizesOf(bytes: Buffer, at: number, state: number): [nameBytes: number, dataBytes: number] {
  const sizes: [number, number] = [bytes.readUInt32LE(at + 36), bytes.readUInt32LE(at + 40)]
  const isUnwritten = state === 0xFF || bytes.readUInt32LE(at + 4) === 0xFFFF_FFFF || sizes.includes(0xFFFF_FFFF)
  return isUnwritten ? [0, 0] : sizes
}

function nameOf(bytes: Buffer, at: number): string {
  if (bytes.length < 4 || bytes.length % 2 !== 0 || bytes.readUInt16LE(bytes.length - 2) !== 0) throw damaged(`the variable at byte ${at} has no name`)
  return bytes.toString('utf16le', 0, bytes.length - 2)
}

function formatRecord({name, guid, attributes, authentication, data}: Variable): Buffer {
  const head = Buffer.alloc(recordHeaderBytes)
  const nameBytes = Buffer.from(`${name}\0`, 'utf16le')
  head.writeUInt16LE(recordId, 0)
  head.writeUInt8(inForce, 2)
  head.writeUInt32LE(attributes, 4)
  authentication.copy(head, 8)
  head.writeUInt32LE(nameBytes.length, 36)
  head.writeUInt32LE(data.length, 40)
  head.write(guid, 44, 'hex')
  return Buffer.concat([head, nameBytes, data])
}

/**
 * A firmware that was stopped while it packed the store does that to its end at the next start, from a copy, and would lose what was changed here.
 * The notes lie before the copy, which takes the second half of the volume (OvmfPkg/VarStore.fdf.inc).
 */
function refuseUnfinished(bytes: Buffer): void {
  const blockAt = bytes.length / 2 - 4096
  if (!Number.isInteger(blockAt) || blockAt < 0 || bytes.toString('hex', blockAt, blockAt + 16) !== workingBlockGuid) return
  const queueEndsAt = Math.min(bytes.length / 2, blockAt + 32 + Math.min(4096, bytes.readUInt32LE(blockAt + 24)))
  let at = blockAt + 32
  // Bits of flash mean yes when they are 0. A note has 40 bytes, and as many for each of its writes.
  while (at + 80 <= queueEndsAt) {
    const flags = bytes.readUInt8(at)
    if ((flags & 1) !== 0) return
    if ((flags & 4) !== 0) {
      const isCopied = (flags & 2) === 0 && (bytes.readUInt8(at + 40) & 2) === 0
      if (!isCopied) return
      throw new InvalidInputError('the firmware of the guest was interrupted while it packed its variables', {}, {nextSteps: ['Start the guest, so that the firmware brings that to its end, shut it down, and repeat the command.']})
    }
    const writes = bytes.readBigUInt64LE(at + 24)
    const size = 40n + writes * (40n + bytes.readBigUInt64LE(at + 32))
    if (size > 4096n) return
    at += Number(size)
  }
}

function addsUpToZero(head: Buffer): boolean {
  let sum = 0
  for (let at = 0; at < head.length; at += 2) sum = (sum + head.readUInt16LE(at)) & 0xFFFF
  return sum === 0
}

function aligned(at: number): number {
  return Math.ceil(at / 4) * 4
}

function damaged(why: string): InvalidInputError {
  return new InvalidInputError(`this is no variable store of OVMF, or a damaged one: ${why}`)
}
