// pvesm status: asks each storage for its usage; one that fails is shown as inactive and does not hide the others.
import {AppError, NotFoundError} from '../../base/index.ts'
import type {Context} from '../../tasks/index.ts'
import {handleRead} from '../../tasks/index.ts'
import {readContentList} from '../content.ts'
import {withinTime} from '../dir/within-time.ts'
import {isOnNode, openConfigured} from '../open-storage.ts'
import {isTrue, splitWords} from '../option-values.ts'
import {problemError, readStorageFile, withDefault} from '../storage-config.ts'
import type {Content, StorageConfig, StorageTraits} from '../storage.ts'
import {storageConfig} from '../open-storage.ts'
import {spec} from './status.spec.ts'
import {statusLines} from './status-text.ts'

/** Types have limits of their own, which say more; whatever is beyond them ends here. */
const limitMs = 40_000

export interface StatusRow {
  storage: string
  type: string
  content: string
  enabled: 0 | 1
  active: 0 | 1
  shared: 0 | 1
  total: number
  used: number
  avail: number
  used_fraction?: number
  formats?: {supported: readonly string[]; default: string}
}

export const handler = handleRead(spec, async (params, context) => {
  const wanted = params.content === undefined ? undefined : readContentList(params.content, 'content')
  const configs = params.storage === undefined ? await allStorages(context) : [await storageConfig(params.storage, context)]
  if (params.target !== undefined) await checkKnownNode(params.target, context)
  const {target} = params
  const shown = configs.filter((config) => isOnNode(config, context.node) && !(params.enabled === true && isTrue(config['disable'])))
  // Side by side, so that one whose server is away does not keep the others waiting.
  const rows = await Promise.all(shown.map(async (config) => statusOf(config, wanted, params.format === true, context)))
  return rows.filter((row) => row !== undefined)
    .filter(({storage, shared}) => target === undefined || target === context.node || shared === 1 && configs.some((config) => config.storage === storage && isOnNode(config, target)))
    .sort((a, b) => a.storage < b.storage ? -1 : 1)
}, statusLines)

async function allStorages(context: Context): Promise<StorageConfig[]> {
  const file = await readStorageFile(context.store)
  for (const problem of file.problems) context.log.warn(problemError(problem).message)
  return Object.values(withDefault(file, context.places))
}

/** A host is known when it is this one, has files in the store, or is named by a storage. @throws NotFoundError */
async function checkKnownNode(node: string, context: Context): Promise<void> {
  if (node === context.node || (await context.store.list(`nodes/${node}`)).length > 0) return
  const {sections} = await readStorageFile(context.store)
  if (!Object.values(sections).some((config) => splitWords(config['nodes']).includes(node))) throw new NotFoundError(`there is no host '${node}' (target)`)
}

async function statusOf(config: StorageConfig, wanted: readonly Content[] | undefined, withFormats: boolean, context: Context): Promise<StatusRow | undefined> {
  const isEnabled = !isTrue(config['disable'])
  const row: StatusRow = {
    storage: config.storage, type: config.type, content: typeof config['content'] === 'string' ? config['content'] : '',
    enabled: isEnabled ? 1 : 0, active: 0, shared: isTrue(config['shared']) ? 1 : 0, total: 0, used: 0, avail: 0,
  }
  const given = new AbortController()
  try {
    const storage = await openConfigured(config, {...context, signal: AbortSignal.any([context.signal, given.signal])})
    if (wanted !== undefined && !wanted.some((content) => storage.traits.defaultContent.includes(content))) return undefined
    row.content = contentText(storage.traits)
    row.shared = storage.traits.shared ? 1 : 0
    if (withFormats) row.formats = {supported: storage.traits.formats, default: storage.traits.defaultFormat}
    if (!isEnabled) return row
    const {totalBytes, usedBytes, availableBytes, isActive, reason} = await withinTime(context.clock, limitMs, `asking storage '${config.storage}' how it is`, storage.usage())
    if (reason !== undefined) context.log.warn(reason)
    const fraction = totalBytes > 0 ? {used_fraction: usedBytes / totalBytes} : {}
    return {...row, active: isActive ? 1 : 0, total: totalBytes, used: usedBytes, avail: availableBytes, ...fraction}
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    if (isEnabled) context.log.warn(`storage '${config.storage}': ${error.message}`)
    return wanted === undefined ? row : undefined
  } finally {
    // Programs that were not waited for any longer end with this.
    given.abort()
  }
}

function contentText(traits: StorageTraits): string {
  return traits.defaultContent.length === 0 ? 'none' : [...traits.defaultContent].sort().join(',')
}
