// Text of others (names, logs, guests' words) made safe for a terminal: what a terminal would obey or hide is shown instead.

// C0 controls, DEL, C1 controls, and the marks that reorder text (bidirectional overrides and isolates), zero-width characters
// and line separators: with them a log could forge lines, set the window title or write to the clipboard (OSC 52).
const unprintable = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g

/** One line with every control character shown as `\x1B` or `\u202E`. A tab becomes a space. */
export function printable(line: string): string {
  return line.replace(unprintable, (character) => {
    if (character === '\t') return ' '
    const code = character.charCodeAt(0).toString(16).toUpperCase()
    return code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`
  })
}

/** Several lines: line ends stay, each line is made printable. */
export function printableLines(text: string): string {
  return text.split(/\r?\n/).map(printable).join('\n')
}
