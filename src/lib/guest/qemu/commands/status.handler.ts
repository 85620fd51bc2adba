// Shows the state of a virtual machine: in a word, or in full.
import {handleRead} from '../../../tasks/index.ts'
import {readGuest} from '../guest-files.ts'
import {guestStatus} from '../guest-status.ts'
import {spec} from './status.spec.ts'

export const handler = handleRead(spec, async ({vmid, verbose}, context): Promise<Readonly<Record<string, unknown>>> => {
  const {config} = await readGuest(vmid, context)
  const status = await guestStatus(vmid, config, context)
  if (status.status === 'stopped') return verbose === true ? status : {status: 'stopped'}
  const {qmpStatus, runningDetails} = await import('../running-details.ts')
  return verbose === true ? {...status, ...await runningDetails(vmid, context)} : {status: await qmpStatus(vmid, context) ?? status.status}
})
