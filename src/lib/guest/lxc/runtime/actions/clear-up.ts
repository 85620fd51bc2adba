// Clears up after a container that has ended, by whoever finds it so.
import type {Action} from '../../../../tasks/index.ts'
import {defineAction} from '../../../../tasks/index.ts'
import {clearUp} from '../clear-up.ts'

export interface ClearUp extends Action {
  readonly kind: 'lxc.clear-up'
  readonly vmid: number
  /** For a dry run. */
  readonly files: readonly string[]
}

export const clearUpAction = defineAction<ClearUp>({
  kind: 'lxc.clear-up',
  describe: ({files}) => files.map((path) => `rm -f -- ${path}`),
  run: ({vmid}, context) => clearUp(vmid, context),
})
