// How many columns of a terminal a text takes: wide East Asian characters and emoji take two, combining marks none. The ranges are
// those of Unicode's EastAsianWidth (W and F) and general categories Mn, Me and Cf, to the precision that a table needs.

const zeroWidth = /[\p{Mn}\p{Me}\p{Cf}]/u
const wideRanges: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f], [0x231a, 0x231b], [0x2329, 0x232a], [0x23e9, 0x23ec], [0x25fd, 0x25fe], [0x2614, 0x2615], [0x2648, 0x2653],
  [0x26a1, 0x26a1], [0x26c4, 0x26c5], [0x2705, 0x2705], [0x270a, 0x270b], [0x2728, 0x2728], [0x274c, 0x274c], [0x2753, 0x2755],
  [0x2e80, 0x303e], [0x3041, 0x33ff], [0x3400, 0x4dbf], [0x4e00, 0x9fff], [0xa000, 0xa4cf], [0xa960, 0xa97c], [0xac00, 0xd7a3],
  [0xf900, 0xfaff], [0xfe10, 0xfe19], [0xfe30, 0xfe6f], [0xff00, 0xff60], [0xffe0, 0xffe6], [0x16fe0, 0x18aff], [0x1b000, 0x1b2ff],
  [0x1f004, 0x1f004], [0x1f0cf, 0x1f0cf], [0x1f18e, 0x1f18e], [0x1f191, 0x1f19a], [0x1f200, 0x1f320], [0x1f32d, 0x1f64f],
  [0x1f680, 0x1f6ff], [0x1f7e0, 0x1f7eb], [0x1f90c, 0x1f9ff], [0x1fa70, 0x1faff], [0x20000, 0x3fffd],
]

function characterWidth(character: string): number {
  const code = character.codePointAt(0) ?? 0
  if (code < 0x300) return 1
  if (zeroWidth.test(character)) return 0
  return code >= 0x1100 && wideRanges.some(([first, last]) => code >= first && code <= last) ? 2 : 1
}

/** Columns that the text takes on a terminal. */
export function displayWidth(text: string): number {
  // The plain case first: nothing below U+0300 is wide or combining.
  if (/^[\u0000-\u02ff]*$/.test(text)) return text.length
  let width = 0
  for (const character of text) width += characterWidth(character)
  return width
}

/** The text cut to at most `width` columns, with an ellipsis in place of what was dropped, or `~` where the terminal has none. */
export function cutToWidth(text: string, width: number, ellipsis: '…' | '~' = '…'): string {
  if (displayWidth(text) <= width) return text
  if (width <= 0) return ''
  let used = 0
  let kept = ''
  for (const character of text) {
    const next = characterWidth(character)
    if (used + next > width - 1) break
    kept += character
    used += next
  }
  return `${kept}${ellipsis}`
}

/** Fills up with spaces to `width` columns. */
export function padToWidth(text: string, width: number, align: 'left' | 'right'): string {
  const fill = ' '.repeat(Math.max(0, width - displayWidth(text)))
  return align === 'right' ? fill + text : text + fill
}
