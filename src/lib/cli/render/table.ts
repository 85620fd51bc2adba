// Lists of objects as text. Plain tables have Proxmox VE's exact columns when nobody looks at them, so that scripts that cut columns
// keep working; bordered ones are those of its commands that take --output-format.
import type {Column} from '../../spec/index.ts'
import {cellText} from './cell.ts'
import {cutToWidth, displayWidth, padToWidth} from './display-width.ts'
import type {TextStyle} from './style.ts'

export interface TableOptions {
  readonly hasHeader: boolean
  readonly hasBorder: boolean
  readonly isHumanReadable: boolean
  readonly style: TextStyle
  /** Marks the header on a terminal that shows colour. */
  readonly emphasise?: (text: string) => string
}

/** Narrower than this no column is cut. */
const leastCutWidth = 6

/** The rows as lines without line ends. */
export function tableLines(rows: readonly Readonly<Record<string, unknown>>[], allColumns: readonly Column[], options: TableOptions): string[] {
  const columns = allColumns.filter(({key, isLeftOutWhenEmpty}) => isLeftOutWhenEmpty !== true || rows.some((row) => row[key] !== undefined))
  const cells = rows.map((row) => columns.map((column) => cellText(row[column.key], column, options.isHumanReadable)))
  const widths = fitWidths(naturalWidths(columns, cells, options), columns, options)
  const emphasise = options.emphasise ?? ((text: string) => text)
  const line = (texts: readonly string[]) => columns.map((column, index) => {
    const width = widths[index] ?? 0
    const text = texts[index] ?? ''
    return padToWidth(options.style.columns === undefined ? text : cutToWidth(text, width, options.style.hasUnicode ? '…' : '~'), width, column.align ?? 'left')
  })
  const header = options.hasHeader ? line(columns.map((column) => column.header)).map((text) => emphasise(text)) : undefined
  const body = cells.map(line)
  if (options.hasBorder) return borderedLines(header, body, widths, options.style.hasUnicode)
  return [...(header === undefined ? [] : [header.join(' ')]), ...body.map((texts) => texts.join(' '))]
}

/**
 * A column with a width has that width whatever its cells hold (a longer cell pushes its own line only, as printf does); one without is
 * as wide as its widest cell. On a terminal every column has room for its widest cell.
 */
function naturalWidths(columns: readonly Column[], cells: readonly (readonly string[])[], options: TableOptions): number[] {
  return columns.map((column, index) => {
    if (column.width !== undefined && options.style.columns === undefined) return column.width
    const least = Math.max(column.width ?? 0, options.hasHeader ? displayWidth(column.header) : 0)
    return cells.reduce((widest, row) => Math.max(widest, displayWidth(row[index] ?? '')), least)
  })
}

/**
 * On a terminal the widest left-aligned columns are made narrower until the line fits. Where it cannot fit beside a column that is kept
 * whole, all are: a line that is longer than the terminal anyway had better say everything.
 */
function fitWidths(natural: readonly number[], columns: readonly Column[], options: TableOptions): number[] {
  const available = options.style.columns
  if (available === undefined) return [...natural]
  const frame = options.hasBorder ? columns.length * 3 + 1 : columns.length - 1
  const widths = [...natural]
  let excess = widths.reduce((sum, width) => sum + width, frame) - available
  while (excess > 0) {
    let widest = -1
    columns.forEach((column, index) => {
      const width = widths[index] ?? 0
      if (column.align !== 'right' && column.isKeptWhole !== true && width > leastCutWidth && (widest < 0 || width > (widths[widest] ?? 0))) widest = index
    })
    if (widest < 0) return columns.some((column) => column.isKeptWhole) ? [...natural] : widths
    widths[widest] = (widths[widest] ?? 0) - 1
    excess -= 1
  }
  return widths
}

interface BorderCharacters {readonly top: string; readonly head: string; readonly row: string; readonly bottom: string; readonly side: string}

/** Each string: left corner, line, crossing, right corner. */
const unicodeBorder: BorderCharacters = {top: '┌─┬┐', head: '╞═╪╡', row: '├─┼┤', bottom: '└─┴┘', side: '│'}
const asciiBorder: BorderCharacters = {top: '+-++', head: '+=++', row: '+-++', bottom: '+-++', side: '|'}

function borderedLines(header: readonly string[] | undefined, body: readonly (readonly string[])[], widths: readonly number[], hasUnicode: boolean): string[] {
  const border = hasUnicode ? unicodeBorder : asciiBorder
  const rule = ([left, line, cross, right]: string) => `${left}${widths.map((width) => (line ?? '').repeat(width + 2)).join(cross)}${right}`
  const row = (texts: readonly string[]) => `${border.side} ${texts.join(` ${border.side} `)} ${border.side}`
  const lines = [rule(border.top)]
  if (header !== undefined) lines.push(row(header), rule(border.head))
  body.forEach((texts, index) => {
    if (index > 0) lines.push(rule(border.row))
    lines.push(row(texts))
  })
  lines.push(rule(border.bottom))
  return lines
}
