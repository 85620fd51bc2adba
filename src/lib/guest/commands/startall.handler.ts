// Starts the guests of a node in their order, each as a task of its own. It takes no lock: each start takes that of its guest.
import {handleChange} from '../../tasks/index.ts'
import type {Context} from '../../tasks/index.ts'
import {guestsOfNode, toolOf} from '../guest-wishes.ts'
import {startsOnBoot, startupGroups} from '../startup-order.ts'
import {spec} from './startall.spec.ts'

/** After a machine that says nothing of it, to spread the load; Proxmox VE's figure. */
const pauseSeconds = 3

export const handler = handleChange(spec, {
  locks: () => [],
  plan: async ({force, vms, 'max-workers': maxWorkers}, context) => {
    const guests = (await guestsOfNode(vms, context))
      .filter((guest) => !guest.isTemplate && !guest.isRunning && (force === true || startsOnBoot(guest)))
    const groups = startupGroups(guests, (message) => context.log.warn(message)).map((group) => group.map(({vmid, kind, upSeconds}) => ({
      vmid, command: `${toolOf[kind]} start`, params: {vmid}, pauseSeconds: upSeconds ?? pauseSeconds,
    })))
    if (groups.length === 0) context.log.info('there is no guest to be started')
    const delaySeconds = force === true || groups.length === 0 ? 0 : await onbootDelay(context)
    return {
      steps: groups.length === 0 ? [] : [{do: {kind: 'guests.start', groups, maxWorkers: maxWorkers ?? 1, delaySeconds}}],
      whenInterrupted: 'undo',
    }
  },
})

/** The key `startall-onboot-delay` of the node's own configuration. */
async function onbootDelay({store, node}: Context): Promise<number> {
  const file = await store.read(`nodes/${node}/config`)
  const seconds = Number(/^startall-onboot-delay:\s*(\d{1,4})\s*$/m.exec(file?.data ?? '')?.[1] ?? 0)
  return Math.min(seconds, 300)
}
