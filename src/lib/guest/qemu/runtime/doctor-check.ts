// What `corral doctor` looks at here: run files and tap devices of virtual machines that do not run, and guests that nobody watches.
import {allTaps, parseTapName} from '../../../network/index.ts'
import type {Context, DoctorCheck, Finding} from '../../../tasks/index.ts'
import {guestLockName} from '../guest-files.ts'
import {isWatched} from '../qmeventd/start.ts'
import {guestPaths, guestRunDir} from './sockets.ts'
import {runningGuests} from './status.ts'

export const runFilesCheck: DoctorCheck = {
  name: 'run files of virtual machines',
  find: async (context) => {
    const running = new Set(await runningGuests(context))
    const findings: Finding[] = []
    for (const vmid of await guestsWithTraces(context)) {
      // Whoever holds the lock is starting or ending that guest, and clears up itself.
      if (running.has(vmid) || await context.store.lockHolder(guestLockName(vmid)) !== undefined) continue
      findings.push({what: `Virtual machine ${vmid} does not run, but its run files or tap devices are still there.`, repair: [{kind: 'qemu.repair', vmid}]})
    }
    if (running.size > 0 && !await isWatched(context)) {
      findings.push({what: 'Virtual machines run and no qmeventd watches them.', repair: [{kind: 'qemu.watch'}]})
    }
    return findings
  },
}

/** The VMIDs that files in the run folder, settings of taps and tap devices speak of, smallest first. */
async function guestsWithTraces({host, places}: Context): Promise<number[]> {
  const vmids = new Set<number>()
  for (const name of await host.files.list(guestRunDir(places))) {
    const match = /^([1-9]\d{2,8})\.[a-z0-9]+$/.exec(name)
    if (match !== null) vmids.add(Number(match[1]))
  }
  const settings = await host.files.list(guestPaths(places, 100).network)
  // Tap devices of another installation on this host are none of ours; those of ours have their settings here.
  const taps = (await allTaps(host)).filter((tap) => settings.includes(tap))
  for (const name of [...settings, ...taps]) {
    const tap = parseTapName(name)
    if (tap !== undefined) vmids.add(tap.vmid)
  }
  return [...vmids].sort((a, b) => a - b)
}
