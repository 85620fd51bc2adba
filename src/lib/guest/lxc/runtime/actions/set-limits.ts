// Gives a running container other limits, by its control groups.
import {AppError, UnavailableError} from '../../../../base/index.ts'
import type {Action, Context} from '../../../../tasks/index.ts'
import {defineAction} from '../../../../tasks/index.ts'
import {monitorOf} from '../status.ts'

export interface GroupWrite {
  readonly path: string
  readonly value: string
}

export interface SetLimits extends Action {
  readonly kind: 'lxc.set-limits'
  readonly vmid: number
  /** In an order that the kernel takes. */
  readonly writes: readonly GroupWrite[]
}

export const setLimits = defineAction<SetLimits>({
  kind: 'lxc.set-limits',
  describe: ({writes}) => writes.map(({path, value}) => `# write ${value} into ${path}`),
  run: async ({vmid, writes}, context) => {
    for (const {path, value} of writes) await write(vmid, path, value, context)
  },
})

async function write(vmid: number, path: string, value: string, context: Context): Promise<void> {
  try {
    await context.host.files.writeInPlace(path, value)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    // With the container its groups are gone, and nothing is left to be limited.
    if (await monitorOf(vmid, context) === undefined) return
    const name = path.slice(path.lastIndexOf('/') + 1)
    throw new UnavailableError(`the kernel does not give container ${vmid} ${value} as ${name}`, {
      cause: error, data: {vmid, path, value},
      nextSteps: /^memory\./.test(name) ? [`It may use more than that: pct status ${vmid} --verbose`] : [],
    })
  }
}
