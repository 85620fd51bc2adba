// Puts a guest that has just been started under its limit and weight of processor time. Its undo is the end of the guest, which removes the
// group with the run files.
import {UnavailableError} from '../../../../base/index.ts'
import type {Action} from '../../../../tasks/index.ts'
import {defineAction} from '../../../../tasks/index.ts'
import type {CpuTime} from '../../cpu-time/index.ts'
import {limitCpuTime} from '../../cpu-time/control-group.ts'
import {runtimeStatus} from '../status.ts'

export interface LimitCpu extends Action {
  readonly kind: 'qemu.limit-cpu'
  readonly vmid: number
  readonly time: CpuTime
}

export const limitCpu = defineAction<LimitCpu>({
  kind: 'qemu.limit-cpu',
  describe: ({vmid, time}) => [[
    `# put guest ${vmid} into its control group`,
    ...(time.limit === undefined ? [] : [`at most ${time.limit} CPUs`]),
    ...(time.units === undefined ? [] : [`weight ${time.units}`]),
  ].join(', ')],
  run: async ({vmid, time}, context) => {
    const process = await runtimeStatus(vmid, context)
    if (process === undefined) throw new UnavailableError(`QEMU of virtual machine ${vmid} ended right after its start`)
    await limitCpuTime(vmid, process, time, context)
  },
})
