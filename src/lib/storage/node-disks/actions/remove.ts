// The action that destroys a volume group, a thin pool or a ZFS pool, known by its UUID: one that was made by that name since stays. Right when it is
// gone already.
import {ConflictError} from '../../../base/index.ts'
import type {Action, Context} from '../../../tasks/index.ts'
import {commandLine, defineAction} from '../../../tasks/index.ts'
import {readGroupVolumes, readGroups} from '../lvm/groups.ts'
import {runTool} from '../run-tool.ts'
import {readPools} from '../zfs/pools.ts'

export interface DiskRemove extends Action {
  readonly kind: 'disk.remove'
  readonly what: 'volume group' | 'thin pool' | 'ZFS pool'
  /** Of a thin pool: with its group. */
  readonly name: string
  readonly uuid: string
  /** What will be lost, a line each. */
  readonly loses: readonly string[]
}

export const diskRemove = defineAction<DiskRemove>({
  kind: 'disk.remove',
  conflictMeansUntouched: true,
  describe: (action) => [
    ...action.loses.length === 0 ? [`# there is nothing in the ${action.what} '${action.name}'`] : action.loses.map((line) => `# will be lost: ${line}`), commandLine(removeArgv(action)),
  ],
  run: async (action, context) => {
    const {what, name, uuid, loses} = action
    const present = await uuidsOf(what, name, context)
    if (present.length === 0) return
    if (!present.includes(uuid) || present.length > 1) {
      throw new ConflictError(`there is another ${what} by the name '${name}' now than the one that was looked at`, {nextSteps: ['Nothing was done to it. Look what it is, and repeat the command.']})
    }
    for (const line of loses) context.log.info(`is lost: ${line}`)
    await runTool(removeArgv(action), context)
    context.log.info(`destroyed the ${what} '${name}'`)
  },
})

function removeArgv({what, name}: DiskRemove): string[] {
  switch (what) {
    case 'volume group': return ['vgremove', '--yes', '--', name]
    case 'thin pool': return ['lvremove', '--yes', '--', name]
    case 'ZFS pool': return ['zpool', 'destroy', '--', name]
  }
}

async function uuidsOf(what: DiskRemove['what'], name: string, context: Context): Promise<string[]> {
  switch (what) {
    case 'volume group': return (await readGroups(context)).filter((group) => group.name === name).map(({uuid}) => uuid)
    case 'thin pool': return (await readGroupVolumes(context)).filter((volume) => `${volume.group}/${volume.name}` === name).map(({uuid}) => uuid)
    case 'ZFS pool': return (await readPools(context)).filter((pool) => pool.name === name).map(({guid}) => guid)
  }
}
