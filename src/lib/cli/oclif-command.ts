// Builds the oclif class of a command from its spec. The generated files in src/commands hold nothing but a call of this; running such a
// class runs the very code that the launcher runs.
import {Args, Command, Flags} from '@oclif/core'
import {catalog} from '../catalog.ts'
import type {CommandSpec, ValueSchema} from '../spec/index.ts'
import {standardOptionsOf} from '../spec/standard.ts'
import {isNeeded, optionEntries} from '../spec/generate/describe-value.ts'
import {runProcess} from './main.ts'

type CommandClass = typeof Command & (new (argv: string[], config: Command['config']) => Command)

/** The oclif class of the command with this id. @throws Error for an id that the catalog does not have, which is a stale generated file */
export async function oclifCommandOf(id: string): Promise<CommandClass> {
  const entry = catalog.commands[id]
  if (entry === undefined) throw new Error(`the catalog has no command '${id}'; run npm run generate`)
  return oclifCommand((await entry.spec()).spec)
}

/** The oclif class of a spec: what oclif needs for its help, its manifest and its plugins. */
export function oclifCommand(spec: CommandSpec): CommandClass {
  return class extends Command {
    static override readonly summary = spec.summary
    static override readonly description = spec.description ?? ''
    static override readonly aliases = (spec.aliases ?? []).map((alias) => alias.replaceAll(' ', ':'))
    static override readonly examples = spec.examples.map(({line, meaning}) => ({command: line, description: meaning}))
    static override readonly args = Object.fromEntries(spec.args.map((name) => [name, oclifArg(spec.params[name] ?? {})]))
    static override readonly flags = oclifFlags(spec)
    // The words are read by spec/command-line.ts, which knows Proxmox VE's forms; oclif's own reading would refuse `-memory 512`.
    static override readonly strict = false

    override async run(): Promise<void> {
      // oclif warns of a command whose words it did not read.
      this.parsed = true
      await runProcess([...spec.id.split(' '), ...this.argv])
    }
  }
}

function oclifArg(schema: ValueSchema) {
  return Args.string({description: schema.description ?? '', required: isNeeded(schema), ...options(schema)})
}

/** The flags for help and completion; a family `net[n]` is shown by its first name. */
function oclifFlags(spec: CommandSpec) {
  const entries = [...optionEntries(spec.params, spec.args), ...optionEntries(standardOptionsOf(spec), [])]
  return Object.fromEntries(entries.filter(([, schema]) => schema.alias === undefined).map(([name, schema]) => [name.replace('[n]', '0'), oclifFlag(schema)]))
}

function oclifFlag(schema: ValueSchema) {
  const common = {summary: schema.description ?? '', required: isNeeded(schema)}
  if (schema.type === 'boolean') return Flags.boolean(common)
  return schema.type === 'array' ? Flags.string({...common, multiple: true}) : Flags.string({...common, ...options(schema)})
}

function options(schema: ValueSchema): {options?: string[]} {
  return schema.enum === undefined ? {} : {options: schema.enum.map(String)}
}
