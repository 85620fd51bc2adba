// `qm help`, which every tool has: described as any command, so that it is read, completed and listed like one. What it prints is
// made by run-help.ts.
import {defineCommand, type CommandSpec} from '../spec/index.ts'

/** The help command of a tool. @param words what can be asked for: first words of its commands, and topics */
export function helpSpec(tool: string, words: readonly string[] = []): CommandSpec {
  const params = {
    'extra-args': {
      type: 'array', items: {type: 'string', ...(words.length === 0 ? {} : {enum: words})}, optional: true, placeholder: 'command',
      description: 'The words of a command, of a group of commands, or a topic. Behind a command, one of its options.',
    },
    verbose: {type: 'boolean', optional: true, description: 'Show the whole page of every command, with all settings.'},
  } as const

  return defineCommand({
    id: `${tool} help`,
    summary: `Show what the commands of ${tool} do and which options they take.`,
    params,
    args: ['extra-args'],
    returns: {type: 'array', items: {type: 'string', description: 'A line of the page.'}, description: 'The page.'},
    output: {as: 'lines'},
    kind: 'read',
    runsOn: 'client',
    needs: 'anyone',
    examples: [{line: `${tool} help`, meaning: 'List the commands.'}],
  })
}
