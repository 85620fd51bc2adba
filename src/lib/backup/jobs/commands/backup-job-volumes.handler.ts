// corral backup job volumes.
import {printable} from '../../../base/index.ts'
import {handleRead} from '../../../tasks/index.ts'
import type {CoveredGuest} from '../covered-guests.ts'
import {guestsOfJob, volumesOfGuest} from '../covered-guests.ts'
import {storedJob} from '../job-changes.ts'
import {spec} from './backup-job-volumes.spec.ts'

export const handler = handleRead(spec, async ({id}, context) => {
  const vmids = await guestsOfJob(await storedJob('vzdump', id, context.store), context.store)
  return {children: await Promise.all(vmids.map((vmid) => volumesOfGuest(vmid, context.store)))}
}, ({children}) => children.flatMap(linesOf))

function linesOf({id, type, name, children = []}: CoveredGuest): string[] {
  return [
    `${id} ${type}${name === undefined ? '' : ` ${printable(name)}`}`,
    ...children.map((volume) => `  ${volume.included ? '+' : '-'} ${volume.id.slice(volume.id.indexOf(':') + 1)} ${printable(volume.name)} (${printable(volume.reason)})`),
  ]
}
