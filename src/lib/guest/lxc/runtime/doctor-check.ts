// What `corral doctor` looks at here: containers that ended, or never came up, and nobody has cleared up after.
import type {DoctorCheck, Finding} from '../../../tasks/index.ts'
import {guestLockName} from '../../guest-files.ts'
import {containersWithRun, monitorOf} from './status.ts'

export const containerRunFilesCheck: DoctorCheck = {
  name: 'run files of containers',
  find: async (context) => {
    const findings: Finding[] = []
    for (const vmid of await containersWithRun(context)) {
      // Whoever holds the lock is starting or ending that container, and clears up itself.
      if (await monitorOf(vmid, context) !== undefined || await context.store.lockHolder(guestLockName(vmid)) !== undefined) continue
      findings.push({what: `Container ${vmid} does not run, but nobody has cleared up after its end.`, repair: [{kind: 'lxc.repair', vmid}]})
    }
    return findings
  },
}
