// What the output may look like: width, colour and line-drawing characters, decided once from the environment and the stream.

export interface TextStyle {
  /** Columns to fit into; undefined when stdout is no terminal, so that nothing is cut. */
  readonly columns: number | undefined
  readonly hasColour: boolean
  /** Line-drawing characters beyond ASCII may be used. */
  readonly hasUnicode: boolean
}

export const plainStyle: TextStyle = {columns: undefined, hasColour: false, hasUnicode: true}

/**
 * The style for a stream. NO_COLOR (no-color.org) and TERM=dumb turn colour off; COLUMNS overrides the width; the character set comes
 * from LC_ALL, LC_CTYPE, LANG in that order, as setlocale(3) reads them.
 */
export function textStyle(stream: {readonly isTTY?: boolean; readonly columns?: number}, env: Readonly<Record<string, string | undefined>>): TextStyle {
  const isTerminal = stream.isTTY === true
  const columnsWord = env['COLUMNS']
  const wantedColumns = columnsWord !== undefined && /^[1-9][0-9]{0,4}$/.test(columnsWord) ? Number(columnsWord) : stream.columns
  const noColour = env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== ''
  return {
    columns: isTerminal ? Math.max(20, wantedColumns ?? 80) : undefined,
    hasColour: isTerminal && !noColour && !['dumb', '', undefined].includes(env['TERM']),
    hasUnicode: /utf-?8/i.test([env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find((value) => value !== undefined && value !== '') ?? ''),
  }
}
