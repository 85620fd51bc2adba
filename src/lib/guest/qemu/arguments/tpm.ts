// The TPM: a device whose other end is swtpm, which the start brings up beside QEMU.
import type {Guest} from './guest.ts'
import {optionText} from './option-text.ts'

export function tpmDevices(guest: Guest): string[] {
  if (guest.values['tpmstate0'] === undefined) return []
  const device = guest.arch === 'aarch64' ? 'tpm-tis-device' : 'tpm-tis'
  return [
    '-chardev', optionText('socket', {id: 'tpmchar', path: guest.input.paths.swtpm}),
    '-tpmdev', optionText('emulator', {id: 'tpmdev', chardev: 'tpmchar'}),
    '-device', optionText(device, {tpmdev: 'tpmdev'}),
  ]
}
