// Lists the snapshots of a virtual machine from its configuration; no storage is asked.
import {handleRead} from '../../../tasks/index.ts'
import {readGuest} from '../guest-files.ts'
import {runtimeStatus} from '../runtime/status.ts'
import {listSnapshots, treeLines} from '../../snapshots/tree.ts'
import {spec} from './listsnapshot.spec.ts'

export const handler = handleRead(spec, async ({vmid}, context) => {
  const {config, file} = await readGuest(vmid, context)
  return listSnapshots(config, {isRunning: await runtimeStatus(vmid, context) !== undefined, digest: file.digest})
}, treeLines)
