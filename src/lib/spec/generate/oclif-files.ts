// The thin files that oclif finds by their place (src/commands/qm/start.ts is `qm start`), and the personas in bin/.
import {generatedNote, type GeneratedFile} from './generated-file.ts'
import {toolName, type ToolDescription} from './tool.ts'

/** One file a command: it names the command and nothing more. */
export function oclifFiles(tools: readonly ToolDescription[]): GeneratedFile[] {
  return tools.flatMap(({commands}) => commands).map((spec) => {
    // Behind corral its own commands have no tool word: corral task wait.
    const words = spec.id.replace(/^corral /, '').split(' ')
    const path = words.join('/')
    const up = '../'.repeat(path.split('/').length)
    return {
      path: `src/commands/${path}.ts`,
      content: [
        `// ${generatedNote}`, `import {oclifCommandOf} from '${up}lib/cli/oclif-command.ts'`, '',
        `export default await oclifCommandOf('${spec.id}')`, '',
      ].join('\n'),
    }
  })
}

/** A launcher for every tool but corral itself, whose own launcher is written by hand. CommonJS (bin/package.json), as what it loads. */
export function personaFiles(tools: readonly ToolDescription[]): GeneratedFile[] {
  return tools.filter(({name}) => name !== 'corral').map(({name}) => ({
    path: `bin/${name}`,
    content: ['#!/usr/bin/env node', `require('../dist/run/main.cjs').main('${name}')`, ''].join('\n'),
    isExecutable: true,
  }))
}

/** Other names of commands, for the launcher, which knows the catalog's keys only. */
export function aliasFile(tools: readonly ToolDescription[]): GeneratedFile {
  const aliases = tools.flatMap(({commands}) => commands)
    .flatMap((spec) => (spec.aliases ?? []).map((alias) => [alias.startsWith(`${toolName(spec)} `) ? alias : `${toolName(spec)} ${alias}`, spec.id] as const))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  return {
    path: 'src/lib/cli/aliases.ts',
    content: [
      `// Other names of commands. ${generatedNote}`, '',
      'export const aliases: Readonly<Record<string, string>> = {', ...aliases.map(([alias, id]) => `  '${alias}': '${id}',`), '}', '',
    ].join('\n'),
  }
}
