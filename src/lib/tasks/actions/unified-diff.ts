// Two texts compared line by line, shown in the unified form of diff(1). Pure. Made for small files: configurations.

const contextLines = 3
/** Beyond this product of line counts the middle is shown as replaced whole, so that time and memory stay bounded. */
const maxCells = 4_000_000

type Edit = {readonly mark: ' ' | '-' | '+'; readonly line: string}

/**
 * The lines of a unified diff, file header first; none when the texts are equal.
 * @param before undefined when the file is new
 * @param after undefined when the file is removed
 */
export function unifiedDiff(path: string, before: string | undefined, after: string | undefined): string[] {
  if (before === after) return []
  const edits = compare(linesOf(before), linesOf(after))
  return [`--- ${before === undefined ? '/dev/null' : path}`, `+++ ${after === undefined ? '/dev/null' : path}`, ...hunks(edits)]
}

function linesOf(text: string | undefined): string[] {
  if (text === undefined || text === '') return []
  return (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n')
}

function compare(before: readonly string[], after: readonly string[]): Edit[] {
  let head = 0
  while (head < before.length && head < after.length && before[head] === after[head]) head++
  let tail = 0
  while (tail < before.length - head && tail < after.length - head && before.at(-1 - tail) === after.at(-1 - tail)) tail++
  const same = (lines: readonly string[]): Edit[] => lines.map((line) => ({mark: ' ', line}))
  return [
    ...same(before.slice(0, head)),
    ...compareMiddle(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...same(before.slice(before.length - tail)),
  ]
}

/** By the longest common subsequence. */
function compareMiddle(before: readonly string[], after: readonly string[]): Edit[] {
  const removed = (line: string): Edit => ({mark: '-', line})
  const added = (line: string): Edit => ({mark: '+', line})
  if (before.length * after.length > maxCells) return [...before.map(removed), ...after.map(added)]
  const width = after.length + 1
  const common = new Uint32Array((before.length + 1) * width)
  const at = (row: number, column: number) => common[row * width + column] ?? 0
  for (let row = before.length - 1; row >= 0; row--) {
    for (let column = after.length - 1; column >= 0; column--) {
      common[row * width + column] = before[row] === after[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1))
    }
  }
  const edits: Edit[] = []
  let row = 0
  let column = 0
  while (row < before.length || column < after.length) {
    const old = before[row]
    const fresh = after[column]
    if (old !== undefined && old === fresh) { edits.push({mark: ' ', line: old}); row++; column++ }
    else if (old !== undefined && (fresh === undefined || at(row + 1, column) >= at(row, column + 1))) { edits.push(removed(old)); row++ }
    else if (fresh !== undefined) { edits.push(added(fresh)); column++ }
  }
  return edits
}

function hunks(edits: readonly Edit[]): string[] {
  const lines: string[] = []
  let position = 0
  let oldLine = 1
  let newLine = 1
  const pass = (edit: Edit) => { if (edit.mark !== '+') oldLine++; if (edit.mark !== '-') newLine++ }
  while (position < edits.length) {
    const change = edits.findIndex((edit, index) => index >= position && edit.mark !== ' ')
    if (change < 0) break
    const start = Math.max(position, change - contextLines)
    edits.slice(position, start).forEach(pass)
    const end = hunkEnd(edits, change)
    const hunk = edits.slice(start, end)
    const oldCount = hunk.filter(({mark}) => mark !== '+').length
    const newCount = hunk.filter(({mark}) => mark !== '-').length
    lines.push(`@@ -${range(oldLine, oldCount)} +${range(newLine, newCount)} @@`, ...hunk.map(({mark, line}) => mark + line))
    hunk.forEach(pass)
    position = end
  }
  return lines
}

/** Changes that are near each other share a hunk. */
function hunkEnd(edits: readonly Edit[], change: number): number {
  let last = change
  for (let index = change; index < edits.length && index - last <= 2 * contextLines; index++) {
    if (edits[index]?.mark !== ' ') last = index
  }
  return Math.min(edits.length, last + contextLines + 1)
}

/** diff(1) gives an empty range the line before it. */
function range(line: number, count: number): string {
  if (count === 1) return String(line)
  return `${count === 0 ? line - 1 : line},${count}`
}
