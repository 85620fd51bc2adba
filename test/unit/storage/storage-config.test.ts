import {describe, expect, it} from 'vitest'
import {referencesIn} from '../../../src/lib/storage/guest-volumes.ts'
import {formatStorageConfig, parseStorageConfig, withDefault} from '../../../src/lib/storage/storage-config.ts'

const places = {stateDir: '/var/lib/corral'}

describe('storage.cfg', () => {
  const text = 'dir: local\n\tdisable\n\tpath /var/lib/vz\n\tcontent iso,vztmpl\n\tshared 0\n\nesxi: old\n\tcontent images\n\tserver esx1\n\n'

  it('is read and written back without a change', () => {
    const read = parseStorageConfig(text)
    expect(read.problems).toEqual([])
    expect(read.sections['local']).toEqual({type: 'dir', storage: 'local', disable: true, path: '/var/lib/vz', content: 'iso,vztmpl', shared: false})
    expect(formatStorageConfig(read, Object.values(read.sections))).toBe(text)
  })

  it('has a default storage unless it names one', () => {
    expect(withDefault(parseStorageConfig(''), places)).toEqual({local: expect.objectContaining({type: 'dir', path: '/var/lib/corral/vz'}) as unknown})
    expect(withDefault(parseStorageConfig(text), places)['local']).toMatchObject({path: '/var/lib/vz'})
    expect(Object.keys(withDefault(parseStorageConfig('dir: other\n\tpath /x\n\n'), places))).toEqual(['local', 'other'])
  })

  it.each([
    ['an option that is not known', 'dir: bad\n\tpath /x\n\tcolour red\n'],
    ['a value that is wrong', 'dir: bad\n\tpath relative\n'],
    ['a missing path', 'dir: bad\n\tcontent iso\n'],
    ['the same option twice', 'dir: bad\n\tpath /x\n\tpath /y\n'],
  ])('sets a section with %s aside, keeps the others, and is not written back', (_, bad) => {
    const read = parseStorageConfig(`dir: good\n\tpath /x\n\n${bad}\n`)
    expect(Object.keys(read.sections)).toEqual(['good'])
    expect(read.problems[0]).toMatchObject({section: 'bad'})
    expect(() => formatStorageConfig(read, Object.values(read.sections))).toThrow(/storage.cfg, line \d+ \(storage 'bad'\)/)
  })

  it('does not replace a broken default storage by another', () => {
    expect(withDefault(parseStorageConfig('dir: local\n\tpath relative\n\n'), places)).toEqual({})
  })

  it('takes names of JavaScript for names of storages', () => {
    const {sections} = parseStorageConfig('dir: constructor\n\tpath /x\n\n')
    expect(Object.keys(sections)).toEqual(['constructor'])
    expect(Object.hasOwn(parseStorageConfig('').sections, 'constructor')).toBe(false)
  })
})

describe('references of guests to volumes', () => {
  it('are found in every section, by id and by path', () => {
    const data = '# local:100/in-a-note.raw\nscsi0: local:100/a.raw,size=1G\nide2: file=local:iso/x.iso,media=cdrom\nnet0: virtio=BC:24:11:00:00:01\nvirtio0: /dev/sdb\nbootdisk: scsi0\n[PENDING]\nefidisk0: fast:100/b.qcow2\n[snap]\nrootfs: volume=x:101/c.raw\n'
    expect(referencesIn({path: 'nodes/h1/qemu-server/100.conf', data}).map(({key, value, section}) => [key, value, section])).toEqual([
      ['scsi0', 'local:100/a.raw', undefined], ['ide2', 'local:iso/x.iso', undefined], ['virtio0', '/dev/sdb', undefined],
      ['efidisk0', 'fast:100/b.qcow2', 'PENDING'], ['rootfs', 'x:101/c.raw', 'snap'],
    ])
  })

  it('are not looked for in other files', () => {
    expect(referencesIn({path: 'nodes/h1/notes/100.conf', data: 'scsi0: local:100/a.raw\n'})).toEqual([])
  })
})
