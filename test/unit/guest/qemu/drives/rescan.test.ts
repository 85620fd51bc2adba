// What a look at the storages makes of a configuration.
import {describe, expect, it} from 'vitest'
import {formatQemuConfig, parseQemuConfig} from '../../../../../src/lib/guest/qemu/config/config-file.ts'
import {rescanConfig} from '../../../../../src/lib/guest/qemu/drives/rescan.ts'

const gib = 1024 ** 3

function rescan(text: string, volumes: Record<string, number>) {
  const {config, changes} = rescanConfig(parseQemuConfig(text), new Map(Object.entries(volumes)))
  return {text: formatQemuConfig(config), changes}
}

describe('rescanConfig', () => {
  it('corrects sizes, also those that are missing or nonsense, and keeps the other properties', () => {
    const {text, changes} = rescan('scsi0: local:100/a.raw,discard=on,size=1G\nscsi1: local:100/b.raw\nscsi2: local:100/c.raw,size=big\n', {
      'local:100/a.raw': 2 * gib, 'local:100/b.raw': gib, 'local:100/c.raw': gib,
    })
    expect(text).toBe('scsi0: local:100/a.raw,discard=on,size=2G\nscsi1: local:100/b.raw,size=1G\nscsi2: local:100/c.raw,size=1G\n')
    expect(changes).toEqual(['scsi0 has 2G, not 1G', 'scsi1 has 1G', 'scsi2 has 1G, not big'])
  })

  it('names volumes that nothing names, but not those of waiting changes, snapshots and cloud-init', () => {
    const {text, changes} = rescan('scsi0: local:100/a.raw,size=1G\nunused0: local:100/old.raw\n\n[PENDING]\nscsi1: local:100/p.raw\n\n[snap]\nscsi3: local:100/s.raw\n', {
      'local:100/a.raw': gib, 'local:100/p.raw': gib, 'local:100/s.raw': gib, 'local:100/lost.raw': gib, 'local:100/vm-100-cloudinit.qcow2': 4 * 1024 ** 2,
    })
    expect(text).toContain('unused0: local:100/old.raw\nunused1: local:100/lost.raw\n')
    expect(changes).toEqual(['the volume local:100/lost.raw, which nothing uses, is unused1 now'])
  })

  it('forgets an unused disk that is in use', () => {
    const {text, changes} = rescan('scsi0: local:100/a.raw,size=1G\nunused3: local:100/a.raw\n', {'local:100/a.raw': gib})
    expect(text).toBe('scsi0: local:100/a.raw,size=1G\n')
    expect(changes).toEqual(['unused3 is in use and no unused disk any more'])
  })

  it('leaves alone what no storage told of, CDs, and snapshots', () => {
    const before = 'ide2: local:iso/x.iso,media=cdrom,size=4M\nscsi0: gone:100/a.raw,size=1G\n\n[snap]\nscsi0: local:100/a.raw,size=1G\n'
    expect(rescan(before, {'local:iso/x.iso': gib, 'local:100/a.raw': 2 * gib})).toEqual({text: before, changes: []})
  })

  it('says when there is no place left', () => {
    const full = Array.from({length: 256}, (_, index) => `unused${index}: local:100/u${index}.raw\n`).join('')
    expect(rescan(full, {'local:100/lost.raw': gib}).changes).toEqual(['no place is left for the volume local:100/lost.raw, which nothing uses'])
  })
})
