// The sound card.
import {readAudio} from '../config/index.ts'
import type {Guest} from './guest.ts'
import {optionText} from './option-text.ts'
import {pciAddress} from './pci-addresses.ts'

export function audioDevices(guest: Guest): string[] {
  const audio = readAudio(guest.values['audio0'])
  if (audio === undefined) return []
  const driver = audio.driver ?? 'spice'
  const backend = `${driver}-backend0`
  const card = {id: 'audiodev0', ...pciAddress('audio0', guest)}
  const devices = audio.device === 'AC97'
    ? ['-device', optionText('AC97', {...card, audiodev: backend})]
    : [
        '-device', optionText(audio.device, card),
        '-device', optionText('hda-micro', {id: 'audiodev0-codec0', bus: 'audiodev0.0', cad: 0, audiodev: backend}),
        '-device', optionText('hda-duplex', {id: 'audiodev0-codec1', bus: 'audiodev0.0', cad: 1, audiodev: backend}),
      ]
  return [...devices, '-audiodev', optionText(driver, {id: backend})]
}
