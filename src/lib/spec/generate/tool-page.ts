// The overview page of a tool (section 1) as Markdown.
import {isNeeded} from './describe-value.ts'
import {environment, exitStatus, seeAlso, type SharedWords} from './command-page.ts'
import {bold, definitionList, italic, nameLine, page} from './markdown.ts'
import {pageName, type ToolDescription} from './tool.ts'

export function toolPage(tool: ToolDescription, shared: SharedWords): string {
  return page(`${tool.name}(1) -- ${nameLine(tool.summary)}`, [
    {title: 'SYNOPSIS', body: `${bold(tool.name)} ${italic('COMMAND')} \\[${italic('ARGUMENTS')}\\] \\[${italic('OPTIONS')}\\]\n\n${bold(`${tool.name} help`)} \\[${italic('COMMAND')}\\]`},
    {title: 'DESCRIPTION', body: `${tool.description}\n\nOptions can be written with one dash or two, their value behind a space or an equals sign; names can be cut short where they stay unique. A boolean option without a value is on.`},
    {title: 'COMMANDS', body: definitionList(tool.commands.map((spec) => {
      const args = spec.args.map((name) => (isNeeded(spec.params[name] ?? {}) ? italic(name) : `\\[${italic(name)}\\]`))
      return {term: [bold(spec.id), ...args].join(' '), paragraphs: [`${spec.summary} See ${bold(pageName(spec.id))}\\(1\\).`]}
    }))},
    {title: 'EXIT STATUS', body: exitStatus(shared.exitCodes)},
    {title: 'ENVIRONMENT', body: environment(shared.environment)},
    {title: 'FILES', body: definitionList((tool.files ?? []).map(({path, meaning}) => ({term: italic(path), paragraphs: [meaning]})))},
    {title: 'EXAMPLES', body: tool.commands.flatMap((spec) => spec.examples.slice(0, 1)).slice(0, 8).map(({line, meaning}) => `${meaning}\n\n    ${line}`).join('\n\n')},
    {title: 'SEE ALSO', body: seeAlso([...(tool.seeAlso ?? []), ...tool.commands.map(({id}) => `${pageName(id)}(1)`)], `${tool.name}(1)`)},
  ])
}
