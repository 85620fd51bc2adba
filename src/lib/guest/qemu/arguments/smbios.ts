// What the guest reads about its maker, and its generation id.
import {readSmbios} from '../config/index.ts'
import type {Guest} from './guest.ts'
import {optionText} from './option-text.ts'

export function smbiosArguments(guest: Guest): string[] {
  const fields = readSmbios(guest.values['smbios1'])
  return fields.length === 0 ? [] : ['-smbios', optionText('type=1', Object.fromEntries(fields))]
}

export function generationIdDevices(guest: Guest): string[] {
  const id = guest.values['vmgenid']
  if (id === undefined || id === '0') return []
  return ['-device', optionText('vmgenid', {guid: id === '1' ? 'auto' : id})]
}
