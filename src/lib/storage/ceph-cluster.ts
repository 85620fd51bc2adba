// How a Ceph cluster is named in a section: its monitors, the user, the key. For rbd and cephfs. Pure.
import {InvalidInputError} from '../base/index.ts'
import {splitWords} from './option-values.ts'
import type {StorageConfig} from './storage.ts'

export interface Monitor {
  /** A name or an address, IPv6 without brackets. */
  readonly host: string
  readonly port: number | undefined
}

/** @throws InvalidInputError */
export function readMonitors(config: StorageConfig): Monitor[] {
  return splitWords(config['monhost']).map((word) => {
    const monitor = readMonitor(word)
    if (monitor === undefined) throw new InvalidInputError(`storage '${config.storage}': '${word.slice(0, 60)}' is no monitor; write its name or address, with a port where it has another`, {monhost: 'must be hosts'})
    return monitor
  })
}

function readMonitor(word: string): Monitor | undefined {
  const bracketed = /^\[([0-9a-fA-F:.]{2,45})\](?::(\d{1,5}))?$/.exec(word)
  const [, host, port] = bracketed ?? /^([a-zA-Z0-9][a-zA-Z0-9.-]{0,253})(?::(\d{1,5}))?$/.exec(word) ?? []
  if (host !== undefined) return {host, port: port === undefined ? undefined : Number(port)}
  return /^(?=[^:]*:[^:]*:)[0-9a-fA-F:.]{2,45}$/.test(word) ? {host: word, port: undefined} : undefined
}

/** `[::1]:6789`, `192.0.2.1`. */
export function monitorText({host, port}: Monitor): string {
  return `${host.includes(':') ? `[${host}]` : host}${port === undefined ? '' : `:${port}`}`
}

/** @throws InvalidInputError */
export function readCephUser(config: StorageConfig): string {
  const user = config['username'] ?? 'admin'
  if (typeof user === 'string' && /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/.test(user)) return user
  throw new InvalidInputError(`storage '${config.storage}': username must be the name of a Ceph user, without client. before it`, {username: 'must be the name of a Ceph user'})
}

const base64Key = /^[a-zA-Z0-9+/]{20,200}={0,2}$/

/** A keyring as Ceph's programs read it. @throws InvalidInputError for a text that is none */
export function keyringText(value: string): string {
  if (/^[ \t]{0,9}\[[^\]\s]{1,256}\][ \t\r]{0,9}$/m.test(value) && /^[ \t]{0,9}key[ \t]{0,9}=[ \t]{0,9}\S/m.test(value)) return value.endsWith('\n') ? value : `${value}\n`
  throw new InvalidInputError('that file is no keyring of Ceph', {keyring: 'must hold a section such as [client.admin] with its key'}, {nextSteps: ['On the cluster: ceph auth get client.admin']})
}

/** The key alone, as mount.ceph(8) reads it, from a keyring or from a file that holds nothing else. @throws InvalidInputError */
export function keyText(value: string): string {
  const key = /^[ \t]{0,9}key[ \t]{0,9}=[ \t]{0,9}([a-zA-Z0-9+/=]{1,256})[ \t\r]{0,9}$/m.exec(value)?.[1] ?? value.trim()
  if (base64Key.test(key)) return `${key}\n`
  throw new InvalidInputError('that file holds no key of Ceph', {keyring: 'must be a keyring or a key'}, {nextSteps: ['On the cluster: ceph auth get-key client.admin']})
}
