// Copies a file of a container, running or not, to the host.
import type {Action} from '../../../tasks/index.ts'
import {defineAction} from '../../../tasks/index.ts'
import type {ConfigSection} from '../../guest-config.ts'
import {withContainerTree} from '../mount-space/container-tree.ts'
import {ownerOnHost} from '../owners.ts'
import type {OwnerWish} from '../owners.ts'
import {wordsBehind} from './push.ts'

export interface Pull extends Action {
  readonly kind: 'lxc.pull'
  readonly vmid: number
  readonly section: ConfigSection
  readonly path: string
  readonly target: string
  readonly owner: OwnerWish
  readonly temporaryName: string
}

export const pull = defineAction<Pull>({
  kind: 'lxc.pull',
  describe: ({vmid, path, target, owner}) => [`# copy ${path} of container ${vmid} to ${target}${wordsBehind(owner)}`],
  run: async ({vmid, section, path, target, owner, temporaryName}, context) => {
    const numbers = await ownerOnHost(owner, context.host)
    await withContainerTree(vmid, section, context, (tree) => tree.copyOut(path, target, {...numbers, ...(owner.mode === undefined ? {} : {mode: owner.mode}), temporaryName, signal: context.signal}))
  },
})

export interface Unpull extends Action {
  readonly kind: 'lxc.unpull'
  /** What is left on the host of a copy that was killed. */
  readonly leftover: string
}

export const unpull = defineAction<Unpull>({
  kind: 'lxc.unpull',
  describe: ({leftover}) => [`rm -f -- ${leftover}`],
  run: async ({leftover}, {host}) => { await host.files.remove(leftover) },
})
