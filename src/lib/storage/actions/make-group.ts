// The action that makes the volume group of a new `lvm` storage on the disk of its base, unless it is there. It touches no disk that has anything
// on it. Done again it does nothing; it has no undo, since an empty group loses nobody anything, and the next `pvesm add` takes it.
import {ConflictError, ToolError} from '../../base/index.ts'
import type {Action, Context} from '../../tasks/index.ts'
import {commandLine, defineAction} from '../../tasks/index.ts'
import {jsonReport} from '../lvm-report.ts'
import {groupOfDisk, signaturesOfDisk} from '../lvm/base-disk.ts'
import {attachBase} from '../on-base.ts'

export interface MakeGroup extends Action {
  readonly kind: 'storage.make-group'
  /** The volume whose disk it is. */
  readonly base: string
  readonly group: string
}

const limitMs = 60_000

export const makeGroup = defineAction<MakeGroup>({
  kind: 'storage.make-group',
  describe: ({base, group}) => [`# make the volume group ${group} on ${base}, unless it is there`, commandLine(makeArgv(group, `<the disk of ${base}>`))],
  run: async ({base, group}, context) => {
    const disk = await attachBase(base, context)
    const present = await presentGroup(disk, context)
    if (present === group) return
    if (present !== undefined && present !== '') {
      throw new ConflictError(`${base} holds the volume group '${present}' already, not '${group}'`, {nextSteps: [`Use that one: --vgname ${present}`]})
    }
    if (present === undefined) await checkBlank(disk, base, context)
    await context.host.run(makeArgv(group, disk), {timeoutMs: limitMs, env: {LVM_SUPPRESS_FD_WARNINGS: '1'}, signal: context.signal})
    context.log.info(`made the volume group '${group}' on ${base}`)
  },
})

function makeArgv(group: string, disk: string): string[] {
  return ['vgcreate', '--', group, disk]
}

/** The group that lies on a disk; '' when it is only prepared for one, undefined when it is no physical volume. */
async function presentGroup(disk: string, {host, signal}: Context): Promise<string | undefined> {
  const argv = ['pvs', ...jsonReport, '-o', 'pv_name,vg_name', '--', disk]
  try {
    return groupOfDisk((await host.run(argv, {timeoutMs: limitMs, env: {LVM_SUPPRESS_FD_WARNINGS: '1'}, signal})).stdout)
  } catch (error) {
    if (error instanceof ToolError && /Failed to find physical volume|Failed to find device/.test(error.failure.stderr)) return undefined
    throw error
  }
}

/** @throws ConflictError naming what is on the disk */
async function checkBlank(disk: string, base: string, {host, signal}: Context): Promise<void> {
  const found = signaturesOfDisk((await host.run(['wipefs', '--no-act', '--json', '--', disk], {timeoutMs: limitMs, signal})).stdout)
  if (found.length === 0) return
  throw new ConflictError(`${base} is not empty: it holds ${found.join(', ')}`, {nextSteps: [`When nobody needs that any more: wipefs -a ${disk}`]})
}
