// Where the repository of a section is: a folder of the host, or one of an SFTP server, reached by OpenSSH's own client with its keys and its checks of host keys.
// The program restic is told the same. Pure.
import {InvalidInputError} from '../../base/index.ts'
import {serverFolder, serverName} from '../mounted/mount-options.ts'
import {isTrue} from '../option-values.ts'
import type {StorageConfig} from '../storage.ts'

export interface RepositoryPlace {
  readonly path: string
  /** What has to be mounted on. */
  readonly mountPoint?: string
  /** Absent for a folder of the host. */
  readonly server?: SftpServer
}

export interface SftpServer {
  /** For people: `backup@nas.example.com`. */
  readonly name: string
  /** What starts the SFTP subsystem of the server and speaks with it on its standard streams. */
  readonly argv: readonly string[]
}

/** @throws InvalidInputError naming the option that is wrong */
export function repositoryPlace(config: StorageConfig): RepositoryPlace {
  const path = requiredFolder(config, 'path')
  if (config['server'] === undefined) {
    for (const option of ['port', 'username', 'ssh-config']) {
      if (config[option] !== undefined) throw new InvalidInputError(`storage '${config.storage}' lies on this host, where --${option} says nothing`, {[option]: 'is for a --server'})
    }
    const point = mountPoint(config, path)
    return {path, ...(point === undefined ? {} : {mountPoint: point})}
  }
  if (config['is_mountpoint'] !== undefined && mountPoint(config, path) !== undefined) throw new InvalidInputError(`storage '${config.storage}' lies on a server, where mount points cannot be seen`, {is_mountpoint: 'is for folders of the host'})
  return {path, server: sftpServer(config)}
}

function requiredFolder(config: StorageConfig, option: string): string {
  const path = serverFolder(config, option)
  if (path === undefined || path === '/') throw new InvalidInputError(`storage '${config.storage}' needs an absolute path`, {[option]: 'must be an absolute path'})
  return path
}

function mountPoint({is_mountpoint: value}: StorageConfig, path: string): string | undefined {
  if (typeof value === 'string' && value.startsWith('/')) return value.replace(/(.)\/$/, '$1')
  return isTrue(value) ? path : undefined
}

function sftpServer(config: StorageConfig): SftpServer {
  const host = serverName(config).replace(/^\[(.*)\]$/, '$1')
  const {username, port} = config
  if (username !== undefined && (typeof username !== 'string' || !/^[a-zA-Z0-9_][\w.@+-]{0,255}$/.test(username))) throw new InvalidInputError(`storage '${config.storage}': username is no name of a user`, {username: 'must be a name of letters, digits and ._@+-'})
  const destination = username === undefined ? host : `${username}@${host}`
  const file = config['ssh-config'] === undefined ? [] : ['-F', requiredFolder(config, 'ssh-config')]
  return {
    name: destination,
    argv: ['ssh', ...file, '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=10', '-o', 'ServerAliveInterval=15', ...(typeof port === 'number' ? ['-p', String(port)] : []), '-s', '--', destination, 'sftp'],
  }
}
