// The options of a `dir` section as typed values. They come from storage.cfg, which people edit, so each is checked here once more. Pure.
import {InvalidInputError, withoutSlashesAtEnd} from '../../base/index.ts'
import type {FolderLayout} from '../naming.ts'
import {readContentList} from '../content.ts'
import {isTrue, splitWords} from '../option-values.ts'
import type {Content, Format, StorageConfig} from '../storage.ts'
import {contentTypes} from '../storage.ts'

export type Preallocation = 'off' | 'metadata' | 'falloc' | 'full'

export interface DirOptions {
  readonly layout: FolderLayout
  readonly content: readonly Content[]
  readonly defaultFormat: Format
  readonly preallocation: Preallocation
  readonly createBasePath: boolean
  readonly createSubdirs: boolean
  /** The path that must be a mount point; undefined: not checked. */
  readonly mountpoint: string | undefined
  readonly shared: boolean
  /** Snapshots are files of their own, on which the disk stands. */
  readonly keepsChains: boolean
}

/** @throws InvalidInputError naming the option */
export function readDirOptions(config: StorageConfig, defaults: {readonly content: readonly Content[]; readonly format: Format}): DirOptions {
  const path = readPath(config)
  const mkdir = config['mkdir'] === undefined || isTrue(config['mkdir'])
  return {
    layout: {path, contentDirs: readContentDirs(config)},
    content: config['content'] === undefined ? defaults.content : readContentList(config['content'], config.storage),
    defaultFormat: readEnum(config, 'format', ['raw', 'qcow2', 'vmdk'] as const, defaults.format as 'raw'),
    preallocation: readEnum(config, 'preallocation', ['off', 'metadata', 'falloc', 'full'] as const, 'metadata'),
    createBasePath: config['create-base-path'] === undefined ? mkdir : isTrue(config['create-base-path']),
    createSubdirs: config['create-subdirs'] === undefined ? mkdir : isTrue(config['create-subdirs']),
    mountpoint: readMountpoint(config, path),
    shared: isTrue(config['shared']),
    keepsChains: isTrue(config['snapshot-as-volume-chain']),
  }
}

function readPath(config: StorageConfig): string {
  const path = config['path']
  if (typeof path !== 'string' || !path.startsWith('/') || /\p{Cc}/u.test(path) || path.split('/').includes('..')) {
    throw new InvalidInputError(`storage '${config.storage}' needs an absolute path without '..'`, {path: 'must be an absolute path'})
  }
  return path.replace(/\/+/g, '/').replace(/(.)\/$/, '$1')
}

function readContentDirs(config: StorageConfig): Partial<Record<Content, string>> {
  const folders: Partial<Record<Content, string>> = {}
  for (const part of splitWords(config['content-dirs'])) {
    const equals = part.indexOf('=')
    const content = contentTypes.find((type) => type === part.slice(0, equals))
    const folder = withoutSlashesAtEnd(part.slice(equals + 1).replace(/^\/+/, ''))
    if (content === undefined || folder === '' || folder.split('/').some((segment) => segment === '..' || segment === '.' || segment === '')) {
      throw new InvalidInputError(`storage '${config.storage}': '${part}' is no content type with its folder, such as iso=isos`, {'content-dirs': 'is wrong'})
    }
    folders[content] = folder
  }
  return folders
}

function readEnum<T extends string>(config: StorageConfig, option: string, words: readonly T[], otherwise: T): T {
  const value = config[option]
  if (value === undefined) return otherwise
  const word = words.find((candidate) => candidate === value)
  if (word === undefined) {
    throw new InvalidInputError(`storage '${config.storage}': ${option} must be one of ${words.join(', ')}`, {[option]: `must be one of ${words.join(', ')}`})
  }
  return word
}

function readMountpoint(config: StorageConfig, path: string): string | undefined {
  const value = config['is_mountpoint']
  if (value === undefined) return undefined
  if (typeof value === 'string' && value.startsWith('/')) return withoutSlashesAtEnd(value) || '/'
  return isTrue(value) ? path : undefined
}
