// A tool and its commands, as the generators take them.
import type {CommandSpec} from '../command.ts'

export interface ToolDescription {
  /** `qm` */
  readonly name: string
  /** One sentence. */
  readonly summary: string
  /** Paragraphs in Markdown. */
  readonly description: string
  /** Sorted by id. */
  readonly commands: readonly CommandSpec[]
  readonly files?: readonly {readonly path: string; readonly meaning: string}[]
  readonly seeAlso?: readonly string[]
  /** The section of its man pages: 8 for a daemon. Default 1. */
  readonly section?: 1 | 8
}

/** Whether the tool is itself its only command. */
export function isSingleCommand(tool: ToolDescription): boolean {
  return tool.commands.some(({id}) => id === tool.name)
}

/** The words of a command behind its tool: `disk import`; empty for a tool that is itself the command. */
export function commandWords(spec: CommandSpec): string {
  return spec.id.split(' ').slice(1).join(' ')
}

/** The tool of a command. */
export function toolName(spec: CommandSpec): string {
  return spec.id.split(' ')[0] ?? spec.id
}

/** The name of a command's man page: `qm-disk-import`. */
export function pageName(id: string): string {
  return id.replaceAll(' ', '-')
}
