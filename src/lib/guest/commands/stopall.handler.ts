// Shuts down the guests of a node in the reverse of their order, each as a task of its own. It takes no lock: each shutdown takes that of
// its guest.
import {handleChange} from '../../tasks/index.ts'
import type {Context} from '../../tasks/index.ts'
import {guestsOfNode, toolOf} from '../guest-wishes.ts'
import {shutdownGroups} from '../startup-order.ts'
import {spec} from './stopall.spec.ts'

const defaultWorkers = 4

export const handler = handleChange(spec, {
  locks: () => [],
  plan: async ({vms, timeout, 'force-stop': forceStop, 'max-workers': maxWorkers}, context) => {
    const guests = (await guestsOfNode(vms, context)).filter(({isRunning}) => isRunning)
    const groups = shutdownGroups(guests, (message) => context.log.warn(message)).map((group) => group.map(({vmid, kind, downSeconds}) => {
      const seconds = downSeconds ?? timeout ?? spec.params.timeout.default
      const isStopped = seconds === 0 && forceStop !== false
      return isStopped
        ? {vmid, command: `${toolOf[kind]} stop`, params: {vmid}, pauseSeconds: 0}
        : {vmid, command: `${toolOf[kind]} shutdown`, params: {vmid, timeout: seconds, forceStop: forceStop !== false}, pauseSeconds: 0}
    }))
    if (groups.length === 0) context.log.info('no guest is running')
    return {
      steps: groups.length === 0 ? [] : [{do: {kind: 'guests.shut-down', groups, maxWorkers: maxWorkers ?? await workersOfDatacenter(context), delaySeconds: 0}}],
      whenInterrupted: 'undo',
    }
  },
})

async function workersOfDatacenter({store}: Context): Promise<number> {
  const file = await store.read('datacenter.cfg')
  const workers = Number(/^max_workers:\s*(\d{1,3})\s*$/m.exec(file?.data ?? '')?.[1] ?? defaultWorkers)
  return workers >= 1 ? workers : defaultWorkers
}
