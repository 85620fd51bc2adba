// What an interface of the configuration asks for, family by family, as the writers of network files need it. Pure.
import {isIPv4} from 'node:net'
import type {Net} from '../config/index.ts'

export type AddressFamily = 4 | 6

/** `none`: nothing is asked for; `manual`: the interface is switched on and left alone; `auto`: router advertisements (IPv6). */
export interface Addressing {
  readonly method: 'none' | 'manual' | 'dhcp' | 'auto' | 'static'
  /** With its length; for `static` only. */
  readonly cidr: string
  readonly address: string
  readonly length: number
  readonly gateway: string | undefined
  /** The gateway is in the network, or link-local; otherwise it needs a route of its own. */
  readonly isGatewayNear: boolean
}

export function addressing(net: Net, family: AddressFamily): Addressing {
  const text = (family === 4 ? net.ip : net.ip6) ?? ''
  const method = text === '' ? 'none' : text === 'dhcp' || text === 'manual' || text === 'auto' ? text : 'static'
  if (method !== 'static') return {method, cidr: '', address: '', length: 0, gateway: undefined, isGatewayNear: true}
  const [address = '', words = ''] = text.split('/')
  const length = Number(words)
  const gateway = family === 4 ? net.gw : net.gw6
  return {method, cidr: text, address, length, gateway, isGatewayNear: gateway === undefined || isWithin(gateway, address, length)}
}

/** 24 is 255.255.255.0. */
export function netmask(length: number): string {
  return [0, 8, 16, 24].map((offset) => 256 - 2 ** (8 - Math.min(8, Math.max(0, length - offset)))).join('.')
}

/** Whether the gateway can be reached directly: in the network of the address, or link-local. */
export function isWithin(gateway: string, address: string, length: number): boolean {
  if (/^fe[89ab]/i.test(gateway)) return true
  const [a, b] = [bits(gateway), bits(address)]
  return a.length === b.length && a.slice(0, length) === b.slice(0, length) && length < a.length
}

function bits(address: string): string {
  if (isIPv4(address)) return address.split('.').map((octet) => Number(octet).toString(2).padStart(8, '0')).join('')
  const [head = '', tail] = address.split('::')
  const groups = (text: string) => text === '' ? [] : text.split(':').flatMap((group) => isIPv4(group) ? group.split('.').map(Number).reduce<string[]>((all, octet, index, octets) => index % 2 === 0 ? [...all, ((octet << 8) + (octets[index + 1] ?? 0)).toString(16)] : all, []) : [group])
  const [before, after] = [groups(head), tail === undefined ? [] : groups(tail)]
  const all = tail === undefined ? before : [...before, ...Array.from({length: Math.max(0, 8 - before.length - after.length)}, () => '0'), ...after]
  return all.map((group) => Number.parseInt(group, 16).toString(2).padStart(16, '0')).join('')
}
