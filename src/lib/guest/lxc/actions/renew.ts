// Takes out of a clone what no two containers may have in common: the machine's own number (machine-id(5)). Its name and its network are set up at its start.
import type {Action} from '../../../tasks/index.ts'
import {defineAction} from '../../../tasks/index.ts'
import type {ConfigSection} from '../../guest-config.ts'
import {idMapOf, mountPoints} from '../config/index.ts'
import {ownerIn, withContainerSpace} from '../mount-space/open-container-space.ts'
import {machineId} from '../setup/concerns/machine-id.ts'

export interface Renew extends Action {
  readonly kind: 'lxc.renew'
  readonly vmid: number
  readonly section: ConfigSection
}

export const renew = defineAction<Renew>({
  kind: 'lxc.renew',
  describe: ({vmid}) => [`# empty the machine-id of container ${vmid}, so that it makes one of its own`],
  run: async ({vmid, section}, context) => {
    const map = idMapOf(section)
    const points = mountPoints(section.values).filter(({key}) => key === 'rootfs').map((point) => ({...point, readOnly: false}))
    await withContainerSpace({vmid, map, points}, context, ({tree}) => machineId({tree, owner: ownerIn(map)}))
  },
})
