// Copies a file of the host into a container, running or not. What a killed worker leaves is a file with a name that nobody else has, which is taken back.
import {dirname} from 'node:path'
import {AppError, NotFoundError} from '../../../base/index.ts'
import type {FileTree} from '../../../host/index.ts'
import type {Action} from '../../../tasks/index.ts'
import {defineAction} from '../../../tasks/index.ts'
import type {ConfigSection} from '../../guest-config.ts'
import {idMapOf} from '../config/index.ts'
import {withContainerTree} from '../mount-space/container-tree.ts'
import {ownerIn} from '../mount-space/open-container-space.ts'
import {ownerInContainer, ownerInWords} from '../owners.ts'
import type {OwnerWish} from '../owners.ts'

export interface Push extends Action {
  readonly kind: 'lxc.push'
  readonly vmid: number
  readonly section: ConfigSection
  readonly source: string
  readonly path: string
  readonly owner: OwnerWish
  readonly temporaryName: string
}

export const push = defineAction<Push>({
  kind: 'lxc.push',
  describe: ({vmid, source, path, owner}) => [`# copy ${source} to ${path} in container ${vmid}${wordsBehind(owner)}`],
  run: async ({vmid, section, source, path, owner, temporaryName}, context) => {
    const map = idMapOf(section)
    await withContainerTree(vmid, section, context, async (tree) => {
      if (!await isFolder(dirname(path), tree)) throw new NotFoundError(`there is no folder ${dirname(path)} in container ${vmid}`)
      const isThere = (await tree.stat(path, {followLinks: false}))?.kind === 'file'
      const numbers = {...(isThere ? {} : ownerIn(map)), ...await ownerInContainer(owner, map, tree)}
      await tree.copyIn(source, path, {...numbers, ...(owner.mode === undefined ? {} : {mode: owner.mode}), temporaryName, signal: context.signal})
    })
  },
})

export interface Unpush extends Action {
  readonly kind: 'lxc.unpush'
  readonly vmid: number
  readonly section: ConfigSection
  /** Of the folder with what is left. */
  readonly folder: string
  readonly temporaryName: string
}

export const unpush = defineAction<Unpush>({
  kind: 'lxc.unpush',
  describe: ({vmid, folder, temporaryName}) => [`# remove ${folder}/${temporaryName} in container ${vmid}`],
  run: async ({vmid, section, folder, temporaryName}, context) => {
    try {
      await withContainerTree(vmid, section, context, async (tree) => { if (await isFolder(folder, tree)) await tree.remove(`${folder}/${temporaryName}`) })
    } catch (error) {
      // A container that cannot be looked into keeps a needless file, which must not keep anybody from the container.
      if (!(error instanceof AppError) || error.kind === 'internal') throw error
      context.log.warn(`a needless file ${folder}/${temporaryName} may be left in container ${vmid}: ${error.message}`)
    }
  },
})

async function isFolder(path: string, tree: FileTree): Promise<boolean> {
  return (await tree.stat(path === '' ? '/' : path, {followLinks: true}))?.kind === 'directory'
}

export function wordsBehind(owner: OwnerWish): string {
  const words = ownerInWords(owner)
  return words === '' ? '' : `: ${words}`
}
