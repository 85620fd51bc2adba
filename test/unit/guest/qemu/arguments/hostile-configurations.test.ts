// Random configurations, right ones and hostile ones mixed: whatever stands in the file, the builder gives arguments that are well formed or
// says which key is wrong. Anything else that it throws is a bug.
import {describe, expect, it} from 'vitest'
import {AppError} from '../../../../../src/lib/base/index.ts'
import {buildArguments} from '../../../../../src/lib/guest/qemu/arguments/index.ts'
import {driveKeys, qemuConfigParams} from '../../../../../src/lib/guest/qemu/config/index.ts'
import {expandedNames} from '../../../../../src/lib/spec/params.ts'
import {goldenHost, goldenHostPci} from '../../../../support/golden-machines.ts'
import {randomSource, scaledCount} from '../../../../support/rounds.ts'
import type {RandomSource} from '../../../../support/rounds.ts'

const keys = expandedNames(qemuConfigParams).filter(key => !key.startsWith('unused'))

/** Pieces that values are made of: true ones, and what attackers and accidents bring. */
const pieces = [
  '1', '0', '2', '512', '4096', 'on', 'host', 'kvm64', 'x86-64-v2', 'l26', 'win11', 'wxp', 'q35', 'pc', 'pc-q35-7.2', 'pc-i440fx-4.1', 'ovmf', 'seabios', 'qxl2', 'serial0',
  'std', 'virtio', 'virtio-scsi-single', 'lsi', 'megasas', 'socket', 'spice', '1234:abcd', '1-2.3', '/dev/urandom', 'local:100/vm-100-disk-0.qcow2', 'local:iso/a.iso',
  'none', 'cdrom', '/dev/sda', 'media=cdrom', 'size=1G', 'cache=none', 'iothread=1', 'discard=on', 'mbps=5', 'iops=10', 'bridge=vmbr0', 'queues=4', 'mtu=900',
  'virtio=BC:24:11:00:00:01', 'e1000=BC:24:11:00:00:02', 'order=scsi0;net0', 'legacy=cdn', 'cpus=0-1', 'memory=256', 'uuid=b3247ab1-1fe6-428e-965b-08a1b64a8746', 'cpu,memory',
  'flags=+aes', 'efitype=4m', 'viommu=intel', 'enabled=1', 'device=AC97', 'serial=a%2Cb', 'i6300esb', 'action=reset',
  '-S', '--', '../../etc/passwd', '$(id)', '`id`', '"', '\'', '\\', '=', ',', ',,', ';', '%00', '%0a', '{"driver":"file"}', '\u0000', '\n', '\u001b[2J', '\u202e', 'é', '😀',
  '99999999999999999999', '-1', '1e9', '0x10', '__proto__', 'constructor', 'a'.repeat(300),
]

describe('hostile configurations', () => {
  it('become well-formed arguments or a refusal that names a key', () => {
    const random = randomSource('hostile configurations')
    let built = 0
    for (let round = 0; round < scaledCount(1500); round++) {
      const values = randomValues(random)
      const argv = build(values, random.next() < 0.5 ? '7.2.22' : '10.0.8')
      if (argv === undefined) continue
      built++
      // What the administrator wrote into `args` stands for itself.
      if (values['args'] !== undefined) continue
      const words = argv.join('\u0001')
      expect(words, JSON.stringify(values)).not.toMatch(/[\u0000\n\r\u001b]/)
      expect(argv.every(word => word !== ''), JSON.stringify(values)).toBe(true)
      for (const word of argv.filter(entry => entry.startsWith('{'))) expect(() => { JSON.parse(word) }).not.toThrow()
    }
    expect(built).toBeGreaterThan(0)
  })
})

function randomValues(random: RandomSource): Record<string, string> {
  const values: Record<string, string> = {}
  const count = random.between(1, 4)
  for (let index = 0; index < count; index++) {
    const parts = Array.from({length: random.between(1, 3)}, () => pieces[random.between(0, pieces.length - 1)] ?? '')
    values[keys[random.between(0, keys.length - 1)] ?? 'name'] = parts.join(random.next() < 0.9 ? ',' : '')
  }
  return values
}

function build(values: Readonly<Record<string, string>>, version: string): readonly string[] | undefined {
  const drives = Object.fromEntries([...driveKeys, 'efidisk0'].map(key => [key, {source: {protocol: {driver: 'file', filename: '/srv/a,b=c'}, format: 'raw' as const}}]))
  try {
    const run = '/run/corral/qemu-server'
    return buildArguments({
      vmid: 100, config: {values}, host: goldenHost(version), drives, hostPci: goldenHostPci(values), eventSocket: '/run/corral/qmeventd.sock', spice: {kind: 'unix', path: `${run}/100.spice`},
      paths: {
        dir: run, firmware: `${run}/efidisk/100-ovmf.fd`, pid: `${run}/100.pid`, qmp: `${run}/100.qmp`, qga: `${run}/100.qga`, vnc: `${run}/100.vnc`,
        serial0: `${run}/100.serial0`, serial1: `${run}/100.serial1`, serial2: `${run}/100.serial2`, serial3: `${run}/100.serial3`, swtpm: `${run}/100.swtpm`, virtiofs: `${run}/100.virtiofs`,
      },
    }).argv
  } catch (error) {
    if (error instanceof AppError) return undefined
    throw new Error(`not a refusal for ${JSON.stringify(values)}`, {cause: error})
  }
}
