// The man page of a configuration file (section 5) as Markdown, from the schema that the file is read and checked by.
import type {Params} from '../schema.ts'
import {parameter, seeAlso} from './command-page.ts'
import {optionEntries, valueWord} from './describe-value.ts'
import {bold, definitionList, italic, nameLine, page, type Section} from './markdown.ts'

export interface ConfigFile {
  /** `qm.conf` */
  readonly name: string
  readonly summary: string
  /** Paragraphs in Markdown: where it is and what its lines look like. */
  readonly description: string
  /** Groups of keys under a heading each; one group may be all. */
  readonly groups: readonly {readonly title: string; readonly text?: string; readonly params: Params}[]
  /** Lines of a file that is right. */
  readonly example: string
  readonly seeAlso: readonly string[]
}

export function configPage(file: ConfigFile): string {
  return page(`${file.name}(5) -- ${nameLine(file.summary)}`, [
    {title: 'DESCRIPTION', body: file.description},
    ...file.groups.map(({title, text, params}): Section => ({title, body: [text ?? '', keyList(params)].filter((part) => part !== '').join('\n\n')})),
    {title: 'EXAMPLES', body: file.example.trim().split('\n').map((line) => `    ${line}`).join('\n')},
    {title: 'SEE ALSO', body: seeAlso(file.seeAlso, `${file.name}(5)`)},
  ])
}

function keyList(params: Params): string {
  return definitionList(optionEntries(params, []).map(([name, schema]) => {
    const range = schema.index === undefined ? '' : ` (n from ${schema.index.min} to ${schema.index.max})`
    return parameter(`${bold(name)}: ${italic(valueWord(schema))}${range}`, schema, '')
  }))
}
