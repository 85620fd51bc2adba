// Shows what is in force in a virtual machine's configuration and what waits for its next start.
import {handleRead} from '../../../tasks/index.ts'
import {pendingEntries, pendingLines} from '../../pending-view.ts'
import {shownValue} from '../config-view.ts'
import {readGuest} from '../guest-files.ts'
import {spec} from './pending.spec.ts'

export const handler = handleRead(spec, async ({vmid}, context) => pendingEntries((await readGuest(vmid, context)).config, shownValue), pendingLines)
