// A result becomes what is written to stdout. Pure, but for loading the YAML library and chalk when they are needed.
import type {TextOutput} from '../../spec/index.ts'
import {dataLines, jsonText, yamlText} from './data.ts'
import {fieldLines, textLines} from './fields.ts'
import type {TextStyle} from './style.ts'

export {plainStyle, textStyle} from './style.ts'
export type {TextStyle} from './style.ts'

export interface RenderOptions {
  readonly format: 'text' | 'json' | 'json-pretty' | 'yaml'
  readonly hasHeader: boolean
  readonly hasBorder: boolean
  readonly isHumanReadable: boolean
  readonly style: TextStyle
}

/** The text of a result, with a line end at its end; empty when there is nothing to print. */
export async function renderResult(result: unknown, output: TextOutput, options: RenderOptions): Promise<string> {
  switch (options.format) {
    case 'json': return `${jsonText(result, false)}\n`
    case 'json-pretty': return `${jsonText(result, true)}\n`
    case 'yaml': return `${await yamlText(result)}\n`
    case 'text': return (await textOf(result, output, options)).map((line) => `${line}\n`).join('')
  }
}

async function textOf(result: unknown, output: TextOutput, options: RenderOptions): Promise<string[]> {
  switch (output.as) {
    case 'none': return []
    case 'lines': return textLines(result)
    case 'data': return dataLines(output.of === undefined ? result : (result as Readonly<Record<string, unknown>> | undefined)?.[output.of])
    case 'fields': return fieldLines((result ?? {}) as Readonly<Record<string, unknown>>, output.order)
    case 'table': {
      const rows = (result ?? []) as readonly Readonly<Record<string, unknown>>[]
      if (rows.length === 0 && output.isSilentWhenEmpty === true) return []
      const [{tableLines}, emphasise] = await Promise.all([import('./table.ts'), headerEmphasis(options.style)])
      return tableLines(rows, output.columns, {
        hasHeader: options.hasHeader, hasBorder: output.style === 'bordered' && options.hasBorder,
        isHumanReadable: options.isHumanReadable, style: options.style, ...(emphasise === undefined ? {} : {emphasise}),
      })
    }
  }
}

async function headerEmphasis(style: TextStyle): Promise<((text: string) => string) | undefined> {
  if (!style.hasColour) return undefined
  const {Chalk} = await import('chalk')
  return new Chalk({level: 1}).bold
}
