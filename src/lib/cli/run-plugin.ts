// Hands words over to oclif's plugins, such as `corral autocomplete`. oclif is loaded only here, for help of its own and for the generator.
import type {Surroundings} from './surroundings.ts'
import {productRoot} from './version.ts'

/** Runs a plugin's command. @returns its exit code, or undefined when no plugin has such a command */
export async function runPlugin(words: readonly string[], surroundings: Surroundings): Promise<number | undefined> {
  const {Config} = await import('@oclif/core')
  const config = await Config.load({root: productRoot})
  const id = words[0] ?? ''
  const command = config.findCommand(id)
  if (command === undefined || command.pluginName === config.name) return undefined
  await config.runCommand(id, words.slice(1))
  return surroundings.signal.aborted ? 130 : 0
}
