// Lists the snapshots of a container from its configuration; no storage is asked.
import {handleRead} from '../../../tasks/index.ts'
import {listSnapshots, treeLines} from '../../snapshots/tree.ts'
import {readContainer} from '../kind.ts'
import {monitorOf} from '../runtime/status.ts'
import {spec} from './listsnapshot.spec.ts'

export const handler = handleRead(spec, async ({vmid}, context) => {
  const {config, file} = await readContainer(vmid, context)
  return listSnapshots(config, {isRunning: await monitorOf(vmid, context) !== undefined, digest: file.digest})
}, treeLines)
