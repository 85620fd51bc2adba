import {readFileSync} from 'node:fs'
import {expect, it} from 'vitest'
import {enrollKeys} from '../../../../../src/lib/guest/qemu/efi-vars/enroll-keys.ts'
import {certificateType, formatSignatureLists, readSignatureLists} from '../../../../../src/lib/guest/qemu/efi-vars/signature-lists.ts'
import {formatVariableStore, readVariableStore} from '../../../../../src/lib/guest/qemu/efi-vars/variable-store.ts'
import type {Variable} from '../../../../../src/lib/guest/qemu/efi-vars/variable-store.ts'
import {efiStore} from '../../../../support/efi-store.ts'

const template = readFileSync('/usr/share/OVMF/OVMF_VARS_4M.ms.fd')
const empty = readFileSync('/usr/share/OVMF/OVMF_VARS_4M.fd')
/** The keys of somebody who owns the platform. */
const own = readFileSync('/usr/share/OVMF/OVMF_VARS_4M.snakeoil.fd')

const variable = (bytes: Buffer, name: string) => readVariableStore(bytes).variables.find((each) => each.name === name)
const certificates = (bytes: Buffer, name: string) => readSignatureLists(variable(bytes, name)?.data ?? Buffer.alloc(0)).flatMap(({signatures}) => signatures.map(({data}) => data.toString('hex')))

/** The store with some of its variables changed or left out. */
function changed(bytes: Buffer, change: (variable: Variable) => Variable[]): Buffer {
  const store = readVariableStore(bytes)
  return formatVariableStore(store, store.variables.flatMap(change))
}

it('gives a store without keys all of the template, and Secure Boot', () => {
  const {bytes, added, microsoft} = enrollKeys(empty, template)
  expect(added).toEqual([
    'db: Microsoft Windows Production PCA 2011', 'db: Microsoft Corporation UEFI CA 2011', expect.stringMatching(/^dbx: digest [0-9a-f]{64}$/) as string,
    'KEK: Debian UEFI Secure Boot (PK/KEK key)', 'KEK: Microsoft Corporation KEK CA 2011', 'PK: Debian UEFI Secure Boot (PK/KEK key)',
  ])
  expect(microsoft).toBeUndefined()
  for (const name of ['PK', 'KEK', 'db', 'dbx', 'SecureBootEnable']) expect(variable(bytes, name)).toEqual(variable(template, name))
  expect(enrollKeys(bytes, template)).toMatchObject({added: []})
})

it('says nothing where nothing is missing', () => {
  const {bytes, added} = enrollKeys(template, template)
  expect(added).toEqual([])
  expect(bytes.equals(template)).toBe(true)
})

it('appends what is missing, and keeps keys, revocations and all else of the guest', () => {
  const {bytes, added} = enrollKeys(own, template)
  expect(added.map((line) => line.split(':')[0])).toEqual(['db', 'db', 'KEK', 'KEK'])
  for (const name of ['db', 'KEK']) expect(certificates(bytes, name)).toEqual([...certificates(own, name), ...certificates(template, name)])
  const others = (store: Buffer) => readVariableStore(store).variables.filter(({name}) => !['db', 'KEK'].includes(name))
  expect(others(bytes)).toEqual(others(own))
  expect(variable(bytes, 'db')?.authentication).toEqual(variable(own, 'db')?.authentication)
})

it('adds one certificate where one is missing, among others in one list', () => {
  const withoutLast = changed(template, (each) => [each.name === 'db' ? {...each, data: formatSignatureLists(readSignatureLists(each.data).slice(0, 1))} : each])
  expect(enrollKeys(withoutLast, template).added).toEqual(['db: Microsoft Corporation UEFI CA 2011'])
})

it('leaves a platform whose key is there to its owner, and one that was switched off switched off', () => {
  const off = changed(template, (each) => each.name === 'PK' ? [] : [each.name === 'SecureBootEnable' ? {...each, data: Buffer.from([0])} : each])
  const {bytes, added} = enrollKeys(off, template)
  expect(added).toEqual(['PK: Debian UEFI Secure Boot (PK/KEK key)'])
  expect(variable(bytes, 'SecureBootEnable')?.data).toEqual(Buffer.from([0]))
})

it.each([
  [undefined, ['Windows UEFI CA 2023'], []], ['2023', ['Microsoft UEFI CA 2023'], []],
  ['2023w', ['Microsoft UEFI CA 2023', 'Windows UEFI CA 2023'], []],
  ['2023k', ['Microsoft UEFI CA 2023', 'Windows UEFI CA 2023'], ['Microsoft Corporation KEK 2K CA 2023']],
])('tells by their names which certificates of Microsoft there are: %s', (microsoft, db, kek) => {
  const listsOf = (names: readonly string[]) => formatSignatureLists(names.map((name) => ({type: certificateType, header: Buffer.alloc(0), signatures: [{owner: '00'.repeat(16), data: certificateNamed(name)}]})))
  const newer = changed(template, (each) => [each.name === 'db' ? {...each, data: listsOf(db)} : each.name === 'KEK' && kek.length > 0 ? {...each, data: listsOf(kek)} : each])
  const enrolled = enrollKeys(template, newer)
  expect(enrolled.added).toEqual([...db.map((name) => `db: ${name}`), ...kek.map((name) => `KEK: ${name}`)])
  expect(enrolled.microsoft).toBe(microsoft)
})

/** Just enough DER for a certificate to be read: a subject with this common name. */
function certificateNamed(name: string): Buffer {
  const der = (tag: number, ...parts: readonly Buffer[]): Buffer => {
    const body = Buffer.concat(parts)
    return Buffer.concat([Buffer.from(body.length < 128 ? [tag, body.length] : [tag, 0x82, body.length >> 8, body.length & 0xFF]), body])
  }
  const oid = (hex: string) => der(0x06, Buffer.from(hex, 'hex'))
  const algorithm = der(0x30, oid('2a864886f70d01010b'), der(0x05))
  const subject = der(0x30, der(0x31, der(0x30, oid('550403'), der(0x0C, Buffer.from(name)))))
  const time = der(0x17, Buffer.from('230101000000Z'))
  const key = der(0x30, der(0x30, oid('2a864886f70d010101'), der(0x05)), der(0x03, Buffer.from([0]), der(0x30, der(0x02, Buffer.alloc(64, 0x55)), der(0x02, Buffer.from([3])))))
  const body = der(0x30, der(0x02, Buffer.from([1])), algorithm, subject, der(0x30, time, time), subject, key)
  return der(0x30, body, algorithm, der(0x03, Buffer.from([0]), Buffer.alloc(64, 1)))
}

it('refuses a store of another size, and lists of keys that do not add up', () => {
  expect(() => enrollKeys(efiStore([]), template)).toThrow(/has 65536 bytes, that of the firmware 540672/)
  const spoilt = changed(template, (each) => [each.name === 'db' ? {...each, data: each.data.subarray(0, 100)} : each])
  expect(() => enrollKeys(spoilt, template)).toThrow(/list of keys/)
})

it.each<[string, (data: Buffer) => void]>([
  ['a list without end', (data) => { data.writeUInt32LE(0xFFFF_FFFF, 16) }], ['a list of nothing', (data) => { data.writeUInt32LE(0, 16) }],
  ['a head without end', (data) => { data.writeUInt32LE(0xFFFF_FFF0, 20) }], ['keys of no size', (data) => { data.writeUInt32LE(0, 24) }],
  ['keys that do not fill it', (data) => { data.writeUInt32LE(17, 24) }],
])('refuses %s', (_, change) => {
  const data = Buffer.from(variable(template, 'db')?.data ?? '')
  change(data)
  expect(() => readSignatureLists(data)).toThrow(/list of keys/)
})
