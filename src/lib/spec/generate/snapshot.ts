// What scripts and fingers rely on, as data: every command with its arguments, options and their types. A change of it is a change of
// what was promised, so it stands in a file that reviewers see (test/golden/command-snapshot.json).
import type {CommandSpec} from '../command.ts'
import type {ValueSchema} from '../schema.ts'
import {standardOptionsOf} from '../standard.ts'
import {isNeeded, optionEntries, typeWords} from './describe-value.ts'
import type {GeneratedFile} from './generated-file.ts'
import type {ToolDescription} from './tool.ts'

export function snapshotFile(tools: readonly ToolDescription[]): GeneratedFile {
  const entries = tools.flatMap(({commands}) => commands).map((spec) => [spec.id, snapshotOf(spec)] as const)
  return {path: 'test/golden/command-snapshot.json', content: `${JSON.stringify(Object.fromEntries(entries), undefined, 2)}\n`}
}

function snapshotOf(spec: CommandSpec) {
  return {
    kind: spec.kind,
    ...(spec.aliases === undefined ? {} : {aliases: spec.aliases}),
    args: spec.args.map((name) => `${name}: ${promise(spec.params[name] ?? {})}`),
    options: Object.fromEntries(optionEntries(spec.params, spec.args).map(([name, schema]) => [name, promise(schema)])),
    standard: Object.keys(standardOptionsOf(spec)),
    output: spec.output.as === 'table' ? spec.output.columns.map((column) => column.header) : spec.output.as,
  }
}

function promise(schema: ValueSchema): string {
  if (schema.alias !== undefined) return `another name for ${schema.alias}`
  const settings = typeof schema.format === 'object' ? ` (${Object.keys(schema.format).join(', ')})` : ''
  return `${typeWords(schema)}${settings}${isNeeded(schema) ? ', required' : ''}`
}
