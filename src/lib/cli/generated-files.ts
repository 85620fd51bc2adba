// All files that are derived from the catalog, put together from the generators. Man pages are Markdown here; scripts/generate.mjs turns
// them into roff, because marked-man is a tool of the build and not of the product.
import {readFileSync} from 'node:fs'
import path from 'node:path'
import {catalog} from '../catalog.ts'
import type {CommandSpec} from '../spec/index.ts'
import {commandPage, type SharedWords} from '../spec/generate/command-page.ts'
import {configPage} from '../spec/generate/config-page.ts'
import {completionFiles, type ShellFunctions} from '../spec/generate/completion/index.ts'
import type {GeneratedFile} from '../spec/generate/generated-file.ts'
import {aliasFile, oclifFiles, personaFiles} from '../spec/generate/oclif-files.ts'
import {openApiFile} from '../spec/generate/openapi.ts'
import {resultSchemaFile} from '../spec/generate/result-schema.ts'
import {snapshotFile} from '../spec/generate/snapshot.ts'
import {surfaceOf, type Surface} from '../spec/generate/surface.ts'
import {isSingleCommand, pageName, type ToolDescription} from '../spec/generate/tool.ts'
import {toolPage} from '../spec/generate/tool-page.ts'
import {conceptPages, conceptTopics} from './concept-pages.ts'
import {configFiles} from './config-files.ts'
import {exitCodeMeanings} from './exit-codes.ts'
import {helpSpec} from './help-command.ts'
import {differencesPage} from './differences-page.ts'
import {errorSchema} from './print-error.ts'
import {programPages} from './program-pages.ts'
import {describeTools} from './tools.ts'
import {refusedFile} from './refused-list.ts'
import {productRoot, productVersion} from './version.ts'

const sharedWords: SharedWords = {
  exitCodes: exitCodeMeanings,
  environment: [
    {name: 'CORRAL_ROOT', meaning: 'An absolute path. Everything of this installation lies below it instead of /var/lib/corral, /run/corral and /var/log/corral; the owner of the folder acts as root@pam there.'},
    {name: 'CORRAL_NODE', meaning: 'The name of this node. Default: the first label of the host name.'},
    {name: 'CORRAL_CONTEXT', meaning: 'The context of corral-contexts(5) in which commands run, where `--context` names none. `local` is this machine.'},
    {name: 'CORRAL_KEEPER', meaning: 'With `no`, connections to other hosts are neither kept for the next command nor taken from one that was kept.'},
    {name: 'CORRAL_DEBUG', meaning: 'With 1, an error shows the place in the program as well.'},
    {name: 'NO_COLOR', meaning: 'When set, output has no colour.'},
    {name: 'CORRAL_PAGER, PAGER', meaning: 'The pager for output that is taller than the terminal, as words parted by blanks; the first of the two that is set counts. Default: less. With an empty value or `cat` there is none; without a terminal there never is.'},
    {name: 'LESS', meaning: 'Options of less(1). Default: FRX.'},
    {name: 'COLUMNS', meaning: 'The width of tables on a terminal.'},
  ],
}

/** Every spec of the catalog, sorted by id. */
export async function catalogSpecs(): Promise<CommandSpec[]> {
  const specs = await Promise.all(Object.values(catalog.commands).map(async (entry) => (await entry.spec()).spec))
  return specs.toSorted((a, b) => (a.id < b.id ? -1 : 1))
}

export async function allGeneratedFiles(): Promise<GeneratedFile[]> {
  const tools = describeTools(await catalogSpecs())
  const complete = withHelp(tools)
  return [
    ...oclifFiles(tools), ...personaFiles(tools), aliasFile(tools), snapshotFile(complete), ...completionFiles(complete, shellFunctions()),
    openApi(tools),
    resultSchemaFile(await catalogSpecs()),
    differencesPage(await catalogSpecs()), refusedFile(),
    {path: 'docs/error.schema.json', content: `${JSON.stringify(errorSchema, undefined, 2)}\n`},
    ...tools.filter((tool) => !isSingleCommand(tool)).map((tool) => ({path: manPath(`${tool.name}.1`), content: toolPage(tool, sharedWords)})),
    ...conceptPages().map(({topic, text}) => ({path: manPath(`corral-${topic}.7`), content: text})),
    ...programPages().map(({file, content}) => ({path: manPath(file), content})),
    ...tools.flatMap(commandPages), ...(await configFiles()).map((file) => ({path: manPath(`${file.name}.5`), content: configPage(file)})),
  ]
}

function openApi(tools: readonly ToolDescription[]): GeneratedFile {
  const {title, type, required, additionalProperties, properties} = errorSchema
  const error = {title, type, required, additionalProperties, properties}
  return openApiFile(tools.flatMap(({commands}) => commands), {
    version: productVersion(), error, tools: Object.fromEntries(tools.map(({name, summary}) => [name, summary])),
  })
}

/** A folder for each section, as man(1) wants it: with `bin` in PATH, it finds the pages beside it by itself. */
export function manPath(file: string): string {
  return `man/man${file.at(-1) ?? ''}/${file}`
}

/** The surface of what works, for comparison with Proxmox VE's. */
export async function surface(): Promise<Surface> {
  return surfaceOf(withHelp(describeTools(await catalogSpecs())))
}

/** What the shells do, written in their own languages. */
function shellFunctions(): ShellFunctions {
  const text = (name: string) => readFileSync(path.join(productRoot, 'src/shell', name), 'utf8')
  return {core: text('core.sh'), bash: text('bash.sh'), zsh: text('zsh.zsh'), fish: text('fish.fish')}
}

function commandPages(tool: ToolDescription): GeneratedFile[] {
  const {section = 1, seeAlso = []} = tool
  const links = isSingleCommand(tool) ? seeAlso : seeAlso.filter((link) => /\([57]\)$/.test(link))
  return tool.commands.map((spec) => ({path: manPath(`${pageName(spec.id)}.${section}`), content: commandPage(spec, sharedWords, links, section)}))
}

/** What can stand behind `help`, for completion: the first words of commands (the options of a tool that is one), topics, and behind `corral help` the tools. */
function helpWords({name, commands}: ToolDescription, tools: readonly ToolDescription[]): string[] {
  const others = name === 'corral' ? tools.filter((tool) => tool.name !== name).map((tool) => tool.name) : []
  const words = commands.flatMap(({id, params}) => id === name ? Object.keys(params) : [id.slice(name.length + 1).split(' ')[0] ?? ''])
  return [...new Set([...others, ...words, ...conceptTopics()])].toSorted()
}

/** A daemon has `--help` only. */
function withHelp(tools: readonly ToolDescription[]): ToolDescription[] {
  return tools.map((tool) => (tool.section === 8 ? tool : {...tool, commands: [...tool.commands, helpSpec(tool.name, helpWords(tool, tools))].toSorted((a, b) => (a.id < b.id ? -1 : 1))}))
}
