import {readFileSync} from 'node:fs'
import fc from 'fast-check'
import {describe, expect, it} from 'vitest'
import {InvalidInputError} from '../../../../../src/lib/base/index.ts'
import {formatVariableStore, readVariableStore} from '../../../../../src/lib/guest/qemu/efi-vars/variable-store.ts'
import {efiRecord, efiStore, withChecksum, withUnfinishedCopy} from '../../../../support/efi-store.ts'

const namesIn = (bytes: Buffer) => readVariableStore(bytes).variables.map(({name}) => name)
const one = {name: 'Boot0000', data: Buffer.from('one')}

/** The store with one thing in it changed. */
function damagedAt(change: (bytes: Buffer) => void, {keepsChecksum = false} = {}): Buffer {
  const bytes = efiStore([one, {name: 'Timeout', data: Buffer.from([5, 0])}])
  change(bytes)
  return keepsChecksum ? bytes : withChecksum(bytes)
}

describe('the variables of OVMF', () => {
  it.each(['OVMF_VARS_4M.ms.fd', 'OVMF_VARS.ms.fd', 'OVMF_VARS_4M.fd', 'OVMF_VARS_4M.snakeoil.fd'])('are read and written as the same: %s', (name) => {
    const bytes = readFileSync(`/usr/share/OVMF/${name}`)
    const store = readVariableStore(bytes)
    const written = formatVariableStore(store, store.variables)
    expect(readVariableStore(written).variables).toEqual(store.variables)
    expect(written.length).toBe(bytes.length)
    expect(written.subarray(store.endsAt).equals(bytes.subarray(store.endsAt))).toBe(true)
    expect(store.variables.some(({name: variable}) => variable === 'PK')).toBe(/\.(?:ms|snakeoil)\./.test(name))
  })

  it('are those in force: none that was deleted, none that was replaced, none that was not written to its end', () => {
    expect(namesIn(efiStore([
      {name: 'Gone', state: 0x3C}, {name: 'Replaced', state: 0x3E}, {name: 'Half', state: 0x7F}, {name: 'Left', state: 0x3E}, {name: 'Replaced', data: Buffer.from('new')},
    ]))).toEqual(['Replaced', 'Left'])
    const unwritten = efiRecord({name: ''}).subarray(0, 60)
    unwritten.fill(0xFF, 2)
    const bytes = efiStore([])
    Buffer.concat([unwritten, efiRecord(one)]).copy(bytes, 100)
    expect(namesIn(bytes)).toEqual(['Boot0000'])
  })

  it('end where the store is full to its last byte', () => {
    const bytes = efiStore([one])
    bytes.writeUInt32LE(28 + efiRecord(one).length, 88)
    expect(namesIn(bytes)).toEqual(['Boot0000'])
  })
})

describe('a store that a guest has spoilt is refused', () => {
  it.each<[string, RegExp, Buffer]>([
    ['nothing', /does not begin as one/, Buffer.alloc(0)],
    ['zeroes', /does not begin as one/, Buffer.alloc(540_672)],
    ['too much', /too large/, Buffer.alloc(5 * 1024 * 1024)],
    ['cut off', /cut off/, efiStore([one]).subarray(0, 4096)],
    ['a volume without end', /cut off/, damagedAt((bytes) => { bytes.writeBigUInt64LE(2n ** 63n, 32) })],
    ['a head without end', /head is out of bounds/, damagedAt((bytes) => { bytes.writeUInt16LE(0xFFFC, 48) })],
    ['a head of nothing', /head is out of bounds/, damagedAt((bytes) => { bytes.writeUInt16LE(0, 48) })],
    ['a wrong checksum', /checksum/, damagedAt((bytes) => { bytes.writeUInt8(1, 0) }, {keepsChecksum: true})],
    ['variables without authentication', /no authenticated/, damagedAt((bytes) => { bytes.write('1636cfdd75326441a98b8e1c0d4b1a2b', 72, 'hex') })],
    ['a store larger than its volume', /variables are out of bounds/, damagedAt((bytes) => { bytes.writeUInt32LE(0xFFFF_FFFF, 88) })],
    ['a store of nothing', /variables are out of bounds/, damagedAt((bytes) => { bytes.writeUInt32LE(0, 88) })],
    ['one that was not laid out to its end', /laid it out/, damagedAt((bytes) => { bytes.writeUInt8(0xFF, 93) })],
    ['a record larger than the store', /byte 100 is out of bounds/, efiStore([{...one, dataBytes: 0xFFFF_FFF0}])],
    ['a record that claims the whole rest and more', /byte 100 is out of bounds/, efiStore([{...one, dataBytes: 32 * 1024}])],
    ['other bytes behind a record', /there is no variable/, efiStore([{...one, dataBytes: 60}, {name: 'x'}])],
    ['a variable without a name', /has no name/, damagedAt((bytes) => { bytes.writeUInt32LE(0, 136) })],
  ])('%s', (_, message, bytes) => {
    expect(() => readVariableStore(bytes)).toThrow(message)
    expect(() => readVariableStore(bytes)).toThrow(InvalidInputError)
  })

  it('when the firmware has yet to write it back from a copy', () => {
    const store = efiStore([one])
    expect(() => readVariableStore(withUnfinishedCopy(store))).toThrow(/interrupted while it packed/)
    expect(namesIn(withUnfinishedCopy(store, {isCopied: false}))).toEqual(['Boot0000'])
  })

  it('or read, whatever is in it', () => {
    const bytes = readFileSync('/usr/share/OVMF/OVMF_VARS.ms.fd').subarray(0)
    fc.assert(fc.property(fc.array(fc.tuple(fc.nat(24_000), fc.integer({min: 0, max: 255})), {minLength: 1, maxLength: 8}), (changes) => {
      const spoilt = Buffer.from(bytes)
      for (const [at, value] of changes) spoilt[at] = value
      try {
        expect(readVariableStore(spoilt).variables.length).toBeLessThan(200)
      } catch (error) {
        expect(error).toBeInstanceOf(InvalidInputError)
      }
    }))
  })
})

describe('variables that are written', () => {
  it('are refused where they do not fit', () => {
    const store = readVariableStore(efiStore([]))
    const [large] = readVariableStore(efiStore([{name: 'Large', data: Buffer.alloc(9 * 1024)}])).variables
    if (large === undefined) throw new Error('there is none')
    expect(() => formatVariableStore(store, [large, {...large, name: 'Second'}])).toThrow(/not enough space/)
    expect(() => formatVariableStore(store, [{...large, data: Buffer.alloc(0x8400)}])).toThrow(/Large would be larger/)
  })
})
