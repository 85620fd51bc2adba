// corral backup job uncovered.
import {listAllGuests} from '../../../guest/backup/index.ts'
import {handleRead} from '../../../tasks/index.ts'
import {guestsOfJob, nameOfGuest} from '../covered-guests.ts'
import {readJobs} from '../job-changes.ts'
import {problemText, readJobsFile} from '../job-config.ts'
import {spec} from './backup-job-uncovered.spec.ts'

export const handler = handleRead(spec, async (_params, {store, log}) => {
  for (const problem of (await readJobsFile(store)).problems) log.warn(problemText(problem))
  const jobs = (await readJobs(store, 'vzdump')).filter(({isEnabled}) => isEnabled)
  const covered = new Set((await Promise.all(jobs.map((job) => guestsOfJob(job, store)))).flat())
  const left = (await listAllGuests(store)).filter(({vmid}) => !covered.has(vmid)).sort((a, b) => a.vmid - b.vmid)
  return Promise.all(left.map(async (guest) => ({vmid: guest.vmid, type: guest.type, ...await nameOfGuest(guest)})))
})
