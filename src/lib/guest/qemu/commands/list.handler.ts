// Lists the virtual machines of this node.
import {handleRead} from '../../../tasks/index.ts'
import type {Context} from '../../../tasks/index.ts'
import {parseQemuConfig} from '../config/config-file.ts'
import {listGuestFiles} from '../guest-files.ts'
import {guestStatus} from '../guest-status.ts'
import type {GuestStatus} from '../guest-status.ts'
import {guestsWithPidFile} from '../runtime/status.ts'
import {spec} from './list.spec.ts'

export const handler = handleRead(spec, async ({full}, context): Promise<GuestStatus[]> => {
  const files = await listGuestFiles(context)
  // One look at the folder instead of one for each machine that is off.
  const started = new Set(await guestsWithPidFile(context))
  const list: GuestStatus[] = []
  for (let start = 0; start < files.length; start += batchSize) {
    list.push(...await Promise.all(files.slice(start, start + batchSize).map(async ({vmid, file}) => {
      // One broken file must not hide all other machines.
      const config = parseQemuConfig(file.data, {warn: message => context.log.warn(`virtual machine ${vmid}: ${message}`)})
      const status = await guestStatus(vmid, config, context, started.has(vmid))
      return full === true ? withDetails(status, context) : status
    })))
  }
  return full === true ? withGuestFacts(list, files, context) : list
})

/** All agents are asked at once, and all have the same short time. */
async function withGuestFacts(list: readonly GuestStatus[], files: Awaited<ReturnType<typeof listGuestFiles>>, context: Context): Promise<GuestStatus[]> {
  const {factsOfGuests, mayAnswer} = await import('../agent/guest-facts.ts')
  const running = new Set(list.filter(({status}) => status === 'running').map(({vmid}) => vmid))
  const agents = files.filter(({vmid, file}) => running.has(vmid) && mayAnswer(parseQemuConfig(file.data, {warn: () => undefined}).current.values))
  const facts = await factsOfGuests(agents.map(({vmid}) => vmid), context)
  return list.map((status) => ({...status, ...facts.get(status.vmid)}))
}

/** This many machines are looked at together, so that a few that do not answer hold up nobody else. */
const batchSize = 32

async function withDetails(status: GuestStatus, context: Context): Promise<GuestStatus> {
  if (status.status === 'stopped') return status
  const {runningDetails} = await import('../running-details.ts')
  return {...status, ...await runningDetails(status.vmid, context)}
}
