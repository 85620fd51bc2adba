// docs/proxmox-ve.md: key by key and command by command, what differs from Proxmox VE and why. Put together from the specs, from the reasons that
// stand beside the keys, and from the list of options that are missing.
import {readFileSync} from 'node:fs'
import path from 'node:path'
import type {CommandSpec, Params, ValueSchema} from '../spec/index.ts'
import {notBuiltYet} from '../spec/index.ts'
import {commandDifferences, keyDifferences, proxmoxCommands} from '../guest/qemu/config/differences.ts'
import {qemuConfigParams} from '../guest/qemu/config/index.ts'
import type {GeneratedFile} from '../spec/generate/generated-file.ts'
import {productRoot} from './version.ts'

type MissingOptions = Readonly<Record<string, Readonly<Record<string, string>>>>

export function differencesPage(specs: readonly CommandSpec[]): GeneratedFile {
  const missing = JSON.parse(readFileSync(path.join(productRoot, 'docs/surface-todo.json'), 'utf8')) as MissingOptions
  const words = new Map(specs.flatMap((spec) => [spec.id, ...spec.aliases ?? []].map((name) => [name, spec] as const)))
  const content = [
    '# What differs from Proxmox VE', '',
    'Key by key and command by command. This page is made from the specs by `npm run generate`; what stands in neither table is the same as there.', '',
    'Three things are true of all keys. Any key of Proxmox VE may stand in a configuration, so that it can be kept and taken elsewhere. One that is not',
    'carried out is warned of when it is set and refused by name when the guest is started. And guests run on stock QEMU, so that nothing can be had that',
    'only Proxmox VE\'s patched one has. How a host is moved over is in [another page](from-proxmox-ve.md).', '',
    '## Keys of qm.conf', '', '| key | carried out | what differs |', '|---|---|---|', ...keyRows(qemuConfigParams), '',
    '## Commands of qm', '', '| command | built | what differs |', '|---|---|---|', ...proxmoxCommands.map((name) => commandRow(name, words.get(`qm ${name}`), missing)), '',
    '## Only here', '', 'Options that every command has: `--dry-run` on what changes something, `--output-format` and its companions, `--on` and `--context` for other hosts,',
    '`--async` on tasks. Commands of `corral` are for what Proxmox VE lacks.', '',
  ].join('\n')
  return {path: 'docs/proxmox-ve.md', content}
}

function keyRows(params: Params): string[] {
  return Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, schema]) => {
    const parts = refusedProperties(schema)
    const state = parts.length > 0 ? 'partly' : 'yes'
    const texts = [
      ...parts.map(({property, reason}) => `\`${property}\` is refused: ${reason}.`),
      ...(schema.alias === undefined ? [] : [`The same as \`${schema.alias}\`, as there.`]),
      ...(keyDifferences[name] === undefined ? [] : [keyDifferences[name]]),
    ]
    return `| \`${name}\` | ${state} | ${cell(texts)} |`
  })
}

function refusedProperties({format}: ValueSchema): {property: string; reason: string}[] {
  if (typeof format !== 'object') return []
  return Object.entries(format[notBuiltYet] ?? {}).map(([property, {reason}]) => ({property, reason}))
}

function commandRow(name: string, spec: CommandSpec | undefined, missing: MissingOptions): string {
  const isHelp = name === 'help'
  const options = spec === undefined ? [] : Object.entries(missing[spec.id] ?? {})
  const state = isHelp || spec !== undefined ? 'yes' : 'no'
  const texts = [
    ...(spec !== undefined && spec.id !== `qm ${name}` ? [`The same as \`${spec.id}\`, as there.`] : []),
    ...(commandDifferences[name] === undefined ? [] : [commandDifferences[name]]),
    ...(spec?.id === `qm ${name}` ? options.map(([option, reason]) => `\`${option}\`: ${reason}`) : []),
    ...(state === 'no' && commandDifferences[name] === undefined ? ['Not built yet.'] : []),
  ]
  return `| \`qm ${name}\` | ${state} | ${cell(texts)} |`
}

/** A bar would end the cell. */
function cell(texts: readonly string[]): string {
  return texts.join(' ').replaceAll('|', '\\|').replaceAll('\n', ' ')
}
