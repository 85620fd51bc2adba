// The channel to the guest agent.
import {readAgent} from '../config/index.ts'
import type {Guest} from './guest.ts'
import {optionText} from './option-text.ts'
import {pciAddress} from './pci-addresses.ts'

export function agentDevices(guest: Guest): string[] {
  const agent = readAgent(guest.values['agent'])
  if (!agent.enabled) return []
  const chardev = ['-chardev', optionText('socket', {path: guest.input.paths.qga, server: true, wait: false, id: 'qga0'})]
  if (agent.type === 'isa') return [...chardev, '-device', optionText('isa-serial', {chardev: 'qga0'})]
  return [
    ...chardev,
    '-device', optionText('virtio-serial', {id: 'qga0', ...pciAddress('qga0', guest)}),
    '-device', optionText('virtserialport', {chardev: 'qga0', name: 'org.qemu.guest_agent.0'}),
  ]
}
