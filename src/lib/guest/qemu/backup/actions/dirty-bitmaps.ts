// Begins to note down what a running machine changes from this moment on, and forgets what was noted down for backups that are none (any more).
import type {Action} from '../../../../tasks/index.ts'
import {defineAction} from '../../../../tasks/index.ts'
import {onMonitor} from '../../block-jobs/job-state.ts'
import {runtimeStatus} from '../../runtime/status.ts'
import {readFilterRoots, shownCommand} from '../backup-nodes.ts'
import {beginBitmaps, readBitmaps, removeBitmap} from '../dirty-bitmaps.ts'
import type {BitmapWish, TrackedDrive} from '../dirty-bitmaps.ts'

export interface BeginBitmaps extends Action, BitmapWish {
  readonly kind: 'qemu.begin-bitmaps'
  readonly vmid: number
  readonly drives: readonly TrackedDrive[]
}

export interface RemoveBitmaps extends Action {
  readonly kind: 'qemu.remove-bitmaps'
  readonly vmid: number
  /** Names begin so. */
  readonly prefix: string
  /** This one alone. */
  readonly only?: string
  /** All but this one. */
  readonly except?: string
}

export const beginBitmapsAction = defineAction<BeginBitmaps>({
  kind: 'qemu.begin-bitmaps',
  describe: ({drives, name, since}) => [shownCommand(beginBitmaps(drives, {name, since}))],
  run: async ({vmid, drives, name, since}, context) => {
    await onMonitor(vmid, context, async (client) => {
      // One that was started again has its drives on other nodes than when this was planned; the filters know which.
      const roots = readFilterRoots(await client.execute('x-debug-query-block-graph'))
      const {execute, arguments: args} = beginBitmaps(drives.map(({key, root}) => ({key, root: roots.get(key) ?? root})), {name, since})
      await client.execute(execute, args)
    })
  },
})

export const removeBitmapsAction = defineAction<RemoveBitmaps>({
  kind: 'qemu.remove-bitmaps',
  describe: ({prefix, only, except}) => [`# QMP: block-dirty-bitmap-remove of ${only ?? `${prefix}*${except === undefined ? '' : ` but ${except}`}`}, where there are any`],
  run: async ({vmid, prefix, only, except}, context) => {
    if (await runtimeStatus(vmid, context) === undefined) return
    await onMonitor(vmid, context, async (client) => {
      const bitmaps = readBitmaps(await client.execute('query-named-block-nodes', {flat: true}))
      for (const bitmap of bitmaps) {
        if (!bitmap.name.startsWith(prefix) || (only !== undefined && bitmap.name !== only) || bitmap.name === except) continue
        const {execute, arguments: args} = removeBitmap(bitmap)
        await client.execute(execute, args)
      }
    })
  },
})
