// Entry 28: numbers that are none, lose digits, are too large, too small or negative, for every option of every command and every
// property inside of one. What is accepted must be the very number that was written.
import {describe, expect, it} from 'vitest'
import {AppError, InvalidInputError} from '../../src/lib/base/index.ts'
import {catalog} from '../../src/lib/catalog.ts'
import {checkParams, parsePropertyString, parseSize, type ValueSchema} from '../../src/lib/spec/index.ts'
import {readDriveSource} from '../../src/lib/guest/qemu/drives/drive-source.ts'
import {machineRoom, storedConfig} from '../unit/guest/qemu/support/run-qm.ts'
import {failureOf, perform, refusalOf} from './support/in-process.ts'

/** Never a number here, whatever JavaScript, Perl or C would make of them. */
const noNumbers = ['1e9', '1E2', '0x10', '0b11', '0o17', '017', '00', '1_000', '1,000', '1 000', ' 5', '5 ', '5\n', '--5', '+-5', '5-', '1.', '.5', '1..2', '', ' ', '-', '+', 'NaN', 'Infinity', '-Infinity', 'inf', 'null', 'true', '٣', '５', '5\u0000', '1/2', '5;', '99999999T', '1k', '9'.repeat(400)]
/** Beyond what can be counted exactly. */
const tooLarge = ['9007199254740993', '18446744073709551616', '99999999999999999999', '-9007199254740993']
const edges = ['-1', '0', '1', '-0', '99', '100', '4095', '65535', '65536', '999999999', '1000000000', '2147483648', '4294967296', '-2147483649', '9007199254740991']
const fractions = ['0.5', '-0.5', '1.5', '100.0', '0.0000000000000001']

interface Place { readonly where: string; readonly schema: ValueSchema; readonly read: (text: string) => unknown }

async function numericPlaces(): Promise<Place[]> {
  const places = new Map<string, Place>()
  const add = (place: Place) => places.set(JSON.stringify([place.where.replace(/^.*[ .]/, ''), place.schema]), place)
  for (const [id, entry] of Object.entries(catalog.commands)) {
    const {spec} = await entry.spec()
    for (const [name, schema] of Object.entries<ValueSchema>(spec.params)) {
      const written = name.replace('[n]', String(schema.index?.min ?? 0))
      if (isNumeric(schema)) add({where: `${id} ${written}`, schema, read: (text) => checkParams({[name]: alone(schema)}, {[written]: text})[written]})
      if (typeof schema.format !== 'object') continue
      for (const [property, inner] of Object.entries(schema.format)) {
        if (isNumeric(inner)) add({where: `${id} ${written}.${property}`, schema: inner, read: (text) => parsePropertyString(`${property}=${text}`, {[property]: alone(inner)})[property]})
      }
    }
  }
  return [...places.values()]
}

const isNumeric = ({type}: ValueSchema) => type === 'integer' || type === 'number'
const alone = (schema: ValueSchema): ValueSchema => Object.fromEntries(Object.entries(schema).filter(([name]) => name !== 'requires'))

/** The number that was read; undefined when it was refused, with the reason being about the value. */
function numberOrRefusal(read: Place['read'], text: string): number | undefined {
  try {
    const value = read(text)
    expect(typeof value, JSON.stringify(text)).toBe('number')
    return value as number
  } catch (error) {
    expect(error, JSON.stringify(text)).toBeInstanceOf(InvalidInputError)
    expect((error as Error).message.length).toBeLessThan(500)
    return undefined
  }
}

const places = await numericPlaces()

describe('a number', () => {
  it('is asked for in many places', () => { expect(places.length).toBeGreaterThan(40) })

  it.each(places)('of $where is what was written, or is refused', ({schema, read}) => {
    for (const text of [...noNumbers, ...tooLarge]) expect(numberOrRefusal(read, text), JSON.stringify(text)).toBeUndefined()
    for (const text of [...edges, ...fractions, String((schema.minimum ?? 0) - 1), String((schema.maximum ?? 0) + 1)]) {
      const value = Number(text)
      const isInRange = value >= (schema.minimum ?? -Infinity) && value <= (schema.maximum ?? Infinity) && schema.enum?.includes(value) !== false
      const isWhole = /^-?\d+$/.test(text)
      const isRight = isInRange && (isWhole || (schema.type === 'number' && !/\.\d{16}/.test(text)))
      const read_ = numberOrRefusal(read, text)
      if (isRight) expect(read_, text).toBe(value === 0 ? 0 : value)
      else expect(read_, text).toBeUndefined()
    }
  })
})

describe('a number inside of a text', () => {
  it.each(['99999999T', '8192T', '-1G', '1e3G', '0x10G', '1_000G', '1 G', 'G', '', '1.G', '.5G', '1PB', '9007199254740993', 'NaN', '１G', '1G\n'])('as a size is refused: %j', (text) => {
    expect(() => parseSize(text)).toThrow(InvalidInputError)
  })

  it.each(['0', '0.0', '8388608', '99999999999', `1${'0'.repeat(60)}`])('as the size of a new disk is refused: %s', (size) => {
    expect(() => readDriveSource('scsi0', `local:${size}`)).toThrow(InvalidInputError)
  })

  it.each(['1e3', '0x10', '1_0', '-1', '99999999T', ' 1', 'NaN', '1.', '٣'])('as the size of a new disk makes no disk: %j', async (size) => {
    const place = await machineRoom()
    const context = await place.open()
    expect((await failureOf(['qm', 'create', '100', '--scsi0', `local:${size}`], context))?.kind).toMatch(/invalid-input|not-found/)
    await refusalOf(['pvesm', 'alloc', 'local', '100', '', '--', size], context)
    expect(await storedConfig(100, context)).toBeUndefined()
  })

  it('as a VMID is refused everywhere', async () => {
    const context = await (await machineRoom()).open()
    for (const vmid of ['99', '0', '-1', '1000000000', '1e2', '0x64', '100.0', '0100', '1_00', '9007199254740993', '100\n', '٣٠٠', '']) {
      for (const command of ['create', 'set', 'start', 'stop', 'destroy', 'status', 'config', 'showcmd', 'monitor', 'terminal']) await refusalOf(['qm', command, '--', vmid], context)
      await refusalOf(['pvesm', 'list', 'local', `--vmid=${vmid}`], context)
      await refusalOf(['pvesm', 'alloc', 'local', '--', vmid, '', '1M'], context)
    }
  })

  it('in the value of a key is refused when the key is set', async () => {
    const place = await machineRoom()
    const context = await place.open()
    await perform(['qm', 'create', '100', '--kvm', '0', '--memory', '32'], context)
    const before = await storedConfig(100, context)
    const wrong: readonly (readonly [string, string])[] = [
      ['net32', 'virtio'], ['net-1', 'virtio'], ['net01', 'virtio'], ['scsi31', 'local:1'], ['scsi1e0', 'local:1'], ['ide4', 'local:1'], ['serial4', 'socket'], ['unused256', 'local:100/x.raw'],
      ['net0', 'virtio,mtu=0'], ['net0', 'virtio,mtu=65521'], ['net0', 'virtio,queues=65'], ['net0', 'virtio,queues=-1'], ['net0', 'virtio,rate=-1'], ['net0', 'virtio,rate=1e3'],
      ['net0', 'virtio,macaddr=01:00:00:00:00:01'], ['memory', '0'], ['memory', '-1'], ['memory', '1e3'], ['memory', '0x400'], ['memory', '99999999T'], ['cores', '0'], ['sockets', '-1'],
      ['balloon', '-1'], ['startup', 'order=-1'], ['startup', 'up=1e3'], ['startdate', '2026-13-99T99:99:99x'], ['smbios1', 'uuid=1'], ['vmgenid', '0x1'], ['rng0', 'source=/dev/urandom,max_bytes=-1'],
      ['scsi0', 'local:1,bps=-1'], ['scsi0', 'local:1,iops=-1'], ['scsi0', 'local:1,mbps=-0.5'], ['scsi0', 'local:1,mbps_max=-1'], ['scsi0', 'local:1,iops_rd_max=-5'], ['scsi0', 'local:1,queues=0'], ['scsi0', 'local:1,size=99999999T'],
      ['scsi0', 'local:1,bps_max_length=0'], ['ivshmem', 'size=0'], ['affinity', '-1'], ['affinity', '99999999999'], ['cpuunits', '0'], ['cpulimit', '-1'], ['hugepages', '3'],
    ]
    for (const [key, value] of wrong) await refusalOf(['qm', 'set', '100', `--${key}`, value], context)
    expect(await storedConfig(100, context)).toBe(before)
    expect(await context.store.read('storage.cfg')).toBeUndefined()
  })

  it('in a file that somebody else wrote is refused by name or left out, and nothing falls over', async () => {
    const context = await (await machineRoom()).open()
    for (const value of ['1e9', '0x10', '-1', '9007199254740993', '99999999T', 'NaN', '1_000', '٣', `1${'0'.repeat(300)}`]) {
      for (const line of [`memory: ${value}`, `cores: ${value}`, `sockets: ${value}`, `vcpus: ${value}`, `balloon: ${value}`, `scsi0: local:100/vm-100-disk-0.raw,size=${value}`, `net0: virtio=BC:24:11:00:00:01,queues=${value}`, `startup: down=${value}`, `scsi0: local:100/vm-100-disk-0.raw,iops=${value}`, `boot: order=${value}`, `snaptime: ${value}`]) {
        await context.store.commit({put: {'nodes/h1/qemu-server/100.conf': `${line}\n`}})
        for (const command of ['list', 'status', 'config', 'pending', 'showcmd', 'start']) {
          const error = await failureOf(['qm', command, ...(command === 'list' ? [] : ['100'])], context)
          if (command === 'list' || command === 'config') expect(error, `${command} with ${line}`).toBeUndefined()
          if (error !== undefined) expect(error, `${command} with ${line}`).toBeInstanceOf(AppError)
        }
      }
    }
  }, 60_000)
})
