// The line with which `qm set` says what it did, as Proxmox VE words it, without secrets.
import {printable} from '../../base/index.ts'
import {findParam} from '../../spec/index.ts'
import {qemuConfigParams} from './config/index.ts'

const longestValue = 256

/** `update VM 100: -memory 2048 -name web`. */
export function describeChange(vmid: number, params: Readonly<Record<string, unknown>>): string {
  const words = Object.entries(params)
    .filter(([key, value]) => value !== undefined && key !== 'vmid')
    .map(([key, value]) => `-${key} ${shownValue(key, value)}`)
  return [`update VM ${vmid}:`, ...words].join(' ')
}

function shownValue(key: string, value: unknown): string {
  if (findParam(qemuConfigParams, key)?.schema.secret === true) return '<hidden>'
  if (typeof value === 'boolean') return value ? '1' : '0'
  const text = printable(String(value))
  return text.length > longestValue ? `${text.slice(0, longestValue)}…` : text
}
