// A concept page (Markdown) as text for the terminal. It knows the few forms that those pages use: headings, paragraphs, code that is
// indented by four spaces, and definition lists.
import type {ConceptPage} from './concept-pages.ts'
import {wrap, type HelpStyle} from './help.ts'

/** The page in lines that fit into the width; code is left as it is. */
export function conceptText({summary, text}: ConceptPage, style: HelpStyle): string[] {
  const lines = wrap(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`, style.width, '')
  let isBelowHeading = false
  for (const block of text.trim().split(/\n{2,}/).slice(1)) {
    const heading = /^## (.+)$/.exec(block)?.[1]
    if (!isBelowHeading) lines.push('')
    lines.push(...(heading === undefined ? blockLines(block, style) : [style.heading(heading)]))
    isBelowHeading = heading !== undefined
  }
  return lines
}

function blockLines(block: string, style: HelpStyle): string[] {
  if (block.startsWith('    ')) return block.split('\n').map((line) => `  ${line}`.trimEnd())
  const [term = '', ...rest] = block.split('\n')
  if (rest[0]?.startsWith(': ') !== true) return wrap(plain(block), style.width, '  ')
  return [...wrap(plain(term), style.width, '  ', '      '), ...rest.flatMap((line) => wrap(plain(line.replace(/^: /, '')), style.width, '      '))]
}

/** Without the marks of bold and italic text. */
function plain(text: string): string {
  return text.replace(/\*\*(.+?)\*\*/g, '$1').replace(/(^|\s)\*(\S.*?)\*/g, '$1$2').replace(/\\([\\`*_{}[\]<>()#+!|~&])/g, '$1')
}
