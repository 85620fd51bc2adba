// The step that writes into the table of partitions what is going to be on one, with its way back; none for whole disks, and where it says so already.
import type {Context, Step} from '../../tasks/index.ts'
import type {Examined} from './examine.ts'
import type {PartitionUse} from './partition-type.ts'
import {codeFor, partitionTypeArgv, partitionTypeOf, saysUse} from './partition-type.ts'

export async function newTypeSteps({found, identity}: Pick<Examined, 'found' | 'identity'>, use: PartitionUse, context: Context): Promise<Step[]> {
  const now = await partitionTypeOf(found, context)
  if (now === undefined || saysUse(use, now)) return []
  const command = (code: string) => ({kind: 'disk.command', argv: partitionTypeArgv(found, code), devices: [identity], needs: 'same'})
  return [{do: command(codeFor(use, now)), undo: command(now.code)}]
}
