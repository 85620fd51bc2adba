// A section as a command wants it: checked by the plugin that is going to read it, with its lists in one form. Pure.
import {InvalidInputError} from '../base/index.ts'
import {readContentList} from './content.ts'
import type {StorageContext} from './open-storage.ts'
import {splitWords} from './option-values.ts'
import {parseRetention} from './prune/retention.ts'
import type {StorageConfig, StoragePlugin} from './storage.ts'

/** @throws InvalidInputError naming the option that is wrong or that this type does not have */
export function checkedConfig(plugin: StoragePlugin, config: StorageConfig, context: Pick<StorageContext, 'host' | 'clock'>): StorageConfig {
  const checked: Record<string, unknown> = {}
  for (const [option, value] of Object.entries(config)) {
    if (value === undefined) continue
    checked[option] = option === 'content' ? contentText(plugin, value, config.storage) : isListOption(option) ? splitWords(value).join(',') : value
  }
  const whole = checked as unknown as StorageConfig
  if (typeof whole['prune-backups'] === 'string') parseRetention(whole['prune-backups'])
  plugin.open(whole, context.host, context.clock)
  return whole
}

function isListOption(option: string): boolean {
  return option === 'nodes' || option === 'content-dirs'
}

function contentText(plugin: StoragePlugin, value: unknown, storage: string): string {
  const contents = readContentList(value, storage)
  const foreign = contents.find((content) => !plugin.traits.content.includes(content))
  if (foreign !== undefined) {
    throw new InvalidInputError(`a storage of type ${plugin.type} cannot hold ${foreign}; it can hold ${plugin.traits.content.join(', ')}`, {content: `'${foreign}' is not possible there`})
  }
  return contents.length === 0 ? 'none' : contents.join(',')
}

/**
 * The commands take the options of every type; each storage only those of its own.
 * @param options as given on the command line
 * @throws InvalidInputError naming the first that the type does not have
 */
export function refuseForeignOptions(plugin: StoragePlugin, options: Readonly<Record<string, unknown>>): void {
  const foreign = Object.keys(options).find((name) => options[name] !== undefined && !Object.hasOwn(plugin.params, name))
  if (foreign === undefined) return
  throw new InvalidInputError(`storages of type ${plugin.type} have no option '${foreign}'`, {[foreign]: `is no option of type ${plugin.type}`}, {
    nextSteps: [`They have ${Object.keys(plugin.params).join(', ')}.`],
  })
}
