// corral disk list: what takes each disk, and how it is.
import {handleRead} from '../../../tasks/index.ts'
import {readMachine} from '../facts/read-machine.ts'
import type {Disk} from '../inventory.ts'
import {inventory} from '../inventory.ts'
import {spec} from './list.spec.ts'

export const handler = handleRead(spec, async (params, {host, log, signal}) => {
  const facts = await readMachine(host, {smart: params.skipsmart === true ? 'none' : 'all', signal})
  for (const problem of facts.problems) log.warn(`${problem}; what is shown may be incomplete`)
  const disks = [...inventory(facts, {withPartitions: params['include-partitions'] === true}).values()]
  return disks.filter((disk) => isWanted(disk, params.type))
})

function isWanted({used, osdid, gpt}: Disk, type: 'unused' | 'journal_disks' | undefined): boolean {
  if (type === 'unused') return used === undefined
  if (type === 'journal_disks') return osdid < 0 && (used === undefined || used === 'LVM' || used === 'partitions' && gpt === 1)
  return true
}
