// Hands words over to oclif's plugins, such as `corral autocomplete`. oclif is loaded only here and by the generated command classes; an
// installed package has neither it nor plugins.
import {InvalidInputError} from '../base/index.ts'
import type {Surroundings} from './surroundings.ts'
import {hasPlugins, productRoot} from './version.ts'

/**
 * Runs a plugin's command, or shows its help.
 * @returns the exit code, or undefined when no plugin has such a command
 * @throws InvalidInputError for what the plugin refuses
 */
export async function runPlugin(words: readonly string[], surroundings: Surroundings): Promise<number | undefined> {
  if (!hasPlugins()) return undefined
  const {Config, loadHelpClass} = await import('@oclif/core')
  const config = await Config.load({root: productRoot})
  const [id = '', ...rest] = words
  const command = config.findCommand(id)
  if (command === undefined || command.pluginName === config.name) return undefined
  try {
    if (rest.includes('--help')) await new (await loadHelpClass(config))(config).showHelp([id])
    else await config.runCommand(id, rest)
  } catch (error) {
    if (error instanceof Error && 'oclif' in error) throw new InvalidInputError(error.message)
    throw error
  }
  return surroundings.signal.aborted ? 130 : 0
}
