// Folders of the hosts under a common name: mapping/directory.cfg of the store. Sections as Proxmox VE writes them, a name alone or behind
// `dir:`, with a line `map node=NODE,path=PATH` for each host.
import {InvalidInputError, NotFoundError} from '../../../base/index.ts'
import type {Params, PropertyFormat} from '../../../spec/index.ts'
import {parsePropertyString} from '../../../spec/property-string.ts'
import {parseSectionConfig} from '../../../spec/section-config.ts'
import type {Context} from '../../../tasks/index.ts'

export const directoryMappingsPath = 'mapping/directory.cfg'

const mapFormat = {
  node: {type: 'string', format: 'pve-node'},
  path: {type: 'string', pattern: '/[^\\u0000-\\u001f,]{0,4094}'},
} as const satisfies PropertyFormat

const mappingParams = {
  description: {type: 'string', maxLength: 4096, optional: true},
  map: {type: 'array', items: {type: 'string', format: mapFormat}},
} as const satisfies Params

/** The folder of each name on one node. Pure. @throws InvalidInputError naming the line that is wrong */
export function parseDirectoryMappings(text: string, node: string): ReadonlyMap<string, string> {
  const typed = text.replace(/^([A-Za-z][\w-]*)[ \t]*$/gm, 'dir: $1')
  const found = new Map<string, string>()
  for (const {id, values} of parseSectionConfig(typed, {dir: {options: mappingParams}})) {
    for (const line of (values['map'] ?? []) as string[]) {
      const map = parsePropertyString(line, mapFormat)
      if (map['node'] !== node) continue
      if (found.has(id)) throw new InvalidInputError(`${directoryMappingsPath}: '${id}' names two folders of node '${node}'`)
      found.set(id, String(map['path']))
    }
  }
  return found
}

/**
 * The folder that a name stands for on this node.
 * @param key what names it (`virtiofs0`), for messages
 * @throws NotFoundError when there is no such name here, or no such folder
 */
export async function mappedDirectory(name: string, key: string, {store, node, host}: Pick<Context, 'store' | 'node' | 'host'>): Promise<string> {
  const file = await store.read(directoryMappingsPath)
  const path = parseDirectoryMappings(file?.data ?? '', node).get(name)
  if (path === undefined) {
    throw new NotFoundError(`${key}: no folder of node '${node}' has the name '${name}'`, {
      nextSteps: [`Name it in ${directoryMappingsPath}: a section '${name}' with a line 'map node=${node},path=/the/folder'.`], data: {key, name},
    })
  }
  if ((await host.files.stat(path, {followLinks: true}))?.kind !== 'directory') {
    throw new NotFoundError(`${key}: the folder ${path} ('${name}') is not there`, {nextSteps: [`mkdir -p ${path}`], data: {key, path}})
  }
  return path
}
