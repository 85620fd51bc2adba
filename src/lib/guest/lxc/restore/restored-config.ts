// The configuration of a restored container: what was given, before what the backup says, before the defaults.
import {ForbiddenError} from '../../../base/index.ts'
import type {Context} from '../../../tasks/index.ts'
import type {ConfigSection} from '../../guest-config.ts'
import {isYes} from '../../guest-files.ts'
import {storedValues} from '../values.ts'
import {keptValues, reachesHost} from './archived-container.ts'
import type {ArchivedContainer} from './archived-container.ts'

export interface RestoreWish {
  /** As they are stored, without volumes. */
  readonly given: Readonly<Record<string, string>>
  readonly archived: ArchivedContainer
  /** New hardware addresses. */
  readonly isUnique: boolean
  /** Folders and devices of the host that come back as mount points. */
  readonly others: Readonly<Record<string, string>>
  /** Said by the options; else what the backup says. */
  readonly isUnprivileged?: boolean
}

/** Without volumes of its own. @throws ForbiddenError for what only root may bring back */
export async function restoredSection({given, archived, isUnique, others, isUnprivileged}: RestoreWish, context: Pick<Context, 'store' | 'caller' | 'log'>): Promise<ConfigSection> {
  const {raw, description} = archived
  const kept = Object.fromEntries(Object.entries(keptValues(archived, isUnique)).filter(([key]) => given[key] === undefined))
  // Addresses are made up for interfaces that have none; everything else stays as it stood in the backup.
  const nets = await storedValues(Object.fromEntries(Object.entries(kept).filter(([key]) => /^net\d+$/.test(key))), {}, context.store)
  const values: Record<string, string> = {...kept, ...nets, ...others, ...given}
  delete values['unprivileged']
  const mapped = isUnprivileged ?? /^(?:1|on|yes|true)$/i.test(kept['unprivileged'] ?? '')
  const reaching = reachesHost({...kept, ...others}, raw)
  if (reaching.length > 0 && !context.caller.isRoot) throw new ForbiddenError(`only root may bring back what reaches past the container: ${reaching.join('; ')}`)
  for (const line of reaching) context.log.warn(`the backup's own line reaches past the container into the host: ${line}`)
  if (!mapped) context.log.info('the container is a privileged one: its root is that of the host')
  const isTemplate = given['template'] === undefined && isYes(archived.values['template'])
  return {values: {...values, ...(mapped ? {unprivileged: '1'} : {}), ...(isTemplate ? {template: '1'} : {})}, ...(raw.length === 0 ? {} : {raw}), ...('description' in values || description === undefined ? {} : {description})}
}
