// Pieces of mount commands: hosts, and the list behind -o. mount(8) has no way to write a comma within an option, so values that come from
// a section are refused when they hold one. Pure.
import {InvalidInputError} from '../../base/index.ts'
import type {StorageConfig} from '../storage.ts'

/** A server's name or address as mount sources have it: IPv6 stands in brackets. @throws InvalidInputError */
export function serverName(config: StorageConfig, option = 'server'): string {
  const value = config[option]
  if (typeof value === 'string' && /^[a-zA-Z0-9][a-zA-Z0-9.-]{0,253}$/.test(value)) return value
  if (typeof value === 'string' && /^[0-9a-fA-F:.]{2,45}(?:%[a-zA-Z0-9.]{1,15})?$/.test(value) && value.includes(':')) return `[${value}]`
  throw new InvalidInputError(`storage '${config.storage}' needs the name or address of a server`, {[option]: 'must be a host name or an address'})
}

/** A text of a section that becomes one mount option. @throws InvalidInputError when it holds a comma or a control character */
export function mountValue(config: StorageConfig, option: string): string | undefined {
  const value = config[option]
  if (value === undefined) return undefined
  if (typeof value === 'string' && value !== '' && !/[,\p{Cc}]/u.test(value)) return value
  throw new InvalidInputError(`storage '${config.storage}': ${option} must be a text without commas`, {[option]: 'must not be empty or hold a comma'})
}

/** The option `options`: mount options of the administrator's own. @throws InvalidInputError */
export function ownOptions(config: StorageConfig): string[] {
  const value = config['options']
  if (value === undefined) return []
  const words = typeof value === 'string' ? value.split(',').filter((word) => word !== '') : []
  if (words.length > 0 && words.every((word) => /^[^\s\p{Cc}]{1,200}$/u.test(word) && !word.startsWith('-'))) return words
  throw new InvalidInputError(`storage '${config.storage}': options must be a list of mount options, such as vers=4.2,soft`, {options: 'is no list of mount options'})
}

/** A folder on the server, from its root. @throws InvalidInputError for one with `..` */
export function serverFolder(config: StorageConfig, option: string): string | undefined {
  const value = config[option]
  if (value === undefined) return undefined
  if (typeof value === 'string' && value.startsWith('/') && !/\p{Cc}/u.test(value) && !value.split('/').includes('..')) return value.replace(/\/+/g, '/').replace(/(.)\/$/, '$1')
  throw new InvalidInputError(`storage '${config.storage}': ${option} must be an absolute path without '..'`, {[option]: 'must be an absolute path'})
}

/** `-o a,b` or nothing. */
export function optionArguments(options: readonly (string | undefined)[]): string[] {
  const given = options.filter((option) => option !== undefined)
  return given.length === 0 ? [] : ['-o', given.join(',')]
}
