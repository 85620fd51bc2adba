import {describe, expect, it} from 'vitest'
import {cpuTimeMs} from '../../../../support/cpu-time.ts'
import {InvalidInputError} from '../../../../../src/lib/base/index.ts'
import type {GuestConfig} from '../../../../../src/lib/guest/guest-config.ts'
import {formatQemuConfig, parseQemuConfig} from '../../../../../src/lib/guest/qemu/config/index.ts'
import {randomSource, scaledCount} from '../../../../support/rounds.ts'
import type {RandomSource} from '../../../../support/rounds.ts'

const file = `#Main server%3A web
#second line, 100%25
bootdisk: scsi0
ide2: none,media=cdrom
memory: 512
name: apache

[PENDING]
#new words
delete: net1,!scsi2
memory: 1024

[special:cloudinit]
name: deb12

[before-upgrade]
#snapshot of Tuesday
memory: 256
snaptime: 1737548747
`

describe('reading', () => {
  it('takes the file apart', () => {
    const config = parseQemuConfig(file)
    expect(config.current.description).toBe('Main server: web\nsecond line, 100%')
    expect({...config.current.values}).toEqual({bootdisk: 'scsi0', ide2: 'none,media=cdrom', memory: '512', name: 'apache'})
    expect({...config.pending}).toEqual({memory: '1024', description: 'new words'})
    expect({...config.pendingDelete}).toEqual({net1: {force: false}, scsi2: {force: true}})
    expect(config.special['special:cloudinit']?.values['name']).toBe('deb12')
    expect(config.snapshots['before-upgrade']).toMatchObject({description: 'snapshot of Tuesday', values: {memory: '256'}})
  })

  it('gives an empty configuration for an empty file', () => {
    expect(parseQemuConfig('')).toEqual({current: {values: {}}, pending: {}, pendingDelete: {}, snapshots: {}, special: {}})
  })

  it('takes the old names of Proxmox VE: cdrom for ide2, PENDING in any case', () => {
    const config = parseQemuConfig('cdrom: local:iso/a.iso\n[pending]\nname: x\n')
    expect(config.current.values['ide2']).toBe('local:iso/a.iso,media=cdrom')
    expect(config.pending['name']).toBe('x')
  })

  it.each([
    ['a line that is not a key and a value', 'memory 512', /line 1 .* not 'key: value'/],
    ['a key without a value', 'name: ', /line 1/],
    ['a key twice', 'name: a\nname: b', /sets 'name' a second time/],
    ['a section twice', '[snap]\nname: a\n[snap]\nname: b', /'snap' stands there twice/],
    ['a section that cannot be one', '[../x]\nname: a', /is not the name of a section/],
    ['a carriage return', 'name: a\r', /control characters/],
    ['a NUL', 'name: a\0b', /control characters/],
    ['an escape sequence', 'name: a\u001b]52;c;x\u0007', /control characters/],
    ['a line without end', `name: ${'a'.repeat(70_000)}`, /longer than/],
    ['a file without end', 'name: a\n'.repeat(200_000), /larger than 1 MiB/],
    ['sections without end', Array.from({length: 1100}, (_, index) => `[snap${index}]`).join('\n'), /more than 1024 sections/],
  ])('refuses %s', (_, text, message) => {
    expect(() => parseQemuConfig(text)).toThrowError(InvalidInputError)
    expect(() => parseQemuConfig(text)).toThrowError(message)
  })

  it('drops what it cannot read when a warning is enough, the later section winning', () => {
    const warnings: string[] = []
    const config = parseQemuConfig('name: a\nnonsense\n[snap]\nname: b\n[snap]\nname: c\n[?]\nname: d\n', {warn: message => warnings.push(message)})
    expect(config.current.values['name']).toBe('a')
    expect(config.snapshots['snap']?.values['name']).toBe('c')
    expect(warnings).toHaveLength(3)
  })

  it('takes no longer than the length asks for with a description of empty lines', () => {
    const [few, many] = [20_000, 160_000].map((count) => {
      const startedAt = cpuTimeMs()
      expect(parseQemuConfig(`${'#\n'.repeat(count)}#x\n`).current.description?.length).toBe(count + 1)
      return cpuTimeMs() - startedAt
    }) as [number, number]
    expect(many).toBeLessThan(30 * Math.max(few, 5))
  })

  it('is not led astray by the names of object members', () => {
    const config = parseQemuConfig('constructor: x\n[toString]\nname: a\n')
    expect(Object.keys(config.current.values)).toEqual(['constructor'])
    expect(Object.keys(config.snapshots)).toEqual(['toString'])
    expect(config.current.values['hasOwnProperty'] === undefined).toBe(true)
    expect(config.snapshots['valueOf'] === undefined).toBe(true)
  })
})

describe('writing', () => {
  it('gives back the file as it was', () => {
    expect(formatQemuConfig(parseQemuConfig(file))).toBe(file)
  })

  const plain: GuestConfig = {current: {values: {}}, pending: {}, pendingDelete: {}, snapshots: {}, special: {}}

  it('sorts keys and sections', () => {
    const config: GuestConfig = {...plain, current: {values: {scsi10: 'b', memory: '1', scsi1: 'a'}}, snapshots: {zeta: {values: {}}, alpha: {values: {a: '1'}}}}
    expect(formatQemuConfig(config)).toBe('memory: 1\nscsi1: a\nscsi10: b\n\n[alpha]\na: 1\n\n[zeta]\n')
  })

  it('encodes what a comment line cannot hold', () => {
    expect(formatQemuConfig({...plain, current: {values: {}, description: 'é: 5%\ttab'}})).toBe('#%C3%A9%3A 5%25%09tab\n')
  })

  it('keeps an emptied description among the pending changes', () => {
    expect(formatQemuConfig({...plain, pending: {description: ''}})).toBe('\n[PENDING]\n#\n')
  })

  it.each([
    ['a line break in a value', {current: {values: {name: 'a\nargs: -x'}}}],
    ['a carriage return', {current: {values: {name: 'a\rb'}}}],
    ['an escape', {current: {values: {name: 'a\u001b[2J'}}}],
    ['an empty value', {current: {values: {name: ''}}}],
    ['spaces at the ends, which would be lost', {current: {values: {name: ' a'}}}],
    ['a key with a line break', {current: {values: {'a\nb': 'c'}}}],
    ['a key with a colon', {current: {values: {'a: b\nc': 'd'}}}],
    ['a snapshot that would be another section', {snapshots: {'a]\n[b': {values: {}}}}],
    ['a special section that is none', {special: {other: {values: {}}}}],
  ] satisfies [string, Partial<GuestConfig>][])('refuses %s', (_, part) => {
    expect(() => formatQemuConfig({...plain, ...part})).toThrowError(InvalidInputError)
  })
})

describe('random configurations', () => {
  it('survive writing and reading', () => {
    const random = randomSource('config file round trip')
    for (let round = 0; round < scaledCount(200); round++) {
      const config: GuestConfig = {
        current: randomSection(random), pending: randomSection(random).values, pendingDelete: Object.fromEntries(randomKeys(random).map(key => [key, {force: random.next() < 0.5}])),
        snapshots: Object.fromEntries(randomKeys(random).map(key => [`s${key}`, randomSection(random)])), special: {},
      }
      expect(plainData(parseQemuConfig(formatQemuConfig(config)))).toEqual(plainData(config))
    }
  })
})

function randomSection(random: RandomSource): GuestConfig['current'] {
  const values = Object.fromEntries(randomKeys(random).map(key => [key, randomText(random, '\u0020\u007e').trim() || 'x']))
  const description = randomText(random, '\n\t\u0001\u00e9\u2028%:#').replace(/\s+$/, '')
  return random.next() < 0.5 || description === '' ? {values} : {values, description}
}

function randomKeys(random: RandomSource): string[] {
  return [...new Set(Array.from({length: random.between(0, 4)}, () => `${'abcdefgh'[random.between(0, 7)] ?? 'a'}-${random.between(0, 30)}`))]
}

function randomText(random: RandomSource, special: string): string {
  return Array.from({length: random.between(1, 40)}, () =>
    random.next() < 0.3 ? special[random.between(0, special.length - 1)] ?? '' : String.fromCharCode(random.between(0x20, 0x7e))).join('').replaceAll('\u007f', '')
}

function plainData(config: GuestConfig): unknown {
  return JSON.parse(JSON.stringify(config))
}
