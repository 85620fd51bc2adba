// What `corral doctor` looks at here: guests whose file systems were frozen by somebody who is gone, and not thawed.
import type {DoctorCheck, Finding} from '../../../tasks/index.ts'
import {isOwnerAlive, markedGuests, readMark} from './freeze-mark.ts'

export const frozenGuestsCheck: DoctorCheck = {
  name: 'frozen file systems of virtual machines',
  find: async (context) => {
    const findings: Finding[] = []
    for (const vmid of await markedGuests(context)) {
      const mark = await readMark(vmid, context)
      if (mark === undefined || await isOwnerAlive(mark, context)) continue
      findings.push({what: `The file systems of virtual machine ${vmid} were frozen and have not been thawed.`, repair: [{kind: 'guest.thaw', vmid}]})
    }
    return findings
  },
}
