// What a command is told of the environment: the variables that its spec names, and nothing else of what a user's shell carries.
import type {CommandSpec} from '../spec/index.ts'

export function environmentFor({environment = []}: Pick<CommandSpec, 'environment'>, env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(environment.flatMap(({name}) => {
    const value = env[name]
    return value === undefined ? [] : [[name, value]]
  }))
}
