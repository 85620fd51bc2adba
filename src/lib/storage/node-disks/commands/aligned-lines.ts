// Rows of words as lines in columns: the first aligned to the left, as it is a tree, and the others to the right. Pure.

/** @param leftFrom the column from which on text stands, aligned to the left */
export function alignedLines(rows: readonly (readonly string[])[], leftFrom = Infinity): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  return rows.map((row) => row.map((cell, column) => column === 0 || column >= leftFrom ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)).join('  ').trimEnd())
}
