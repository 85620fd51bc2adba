// Blocks of ours in files that others edit too, between two comment lines, as Proxmox VE marks them. Pure.

const begin = '# --- BEGIN PVE ---'
const end = '# --- END PVE ---'

/** Lines within the marks. */
export function block(lines: string): string {
  return `${begin}\n${lines}${end}\n`
}

interface Parts { readonly before: string; readonly after: string }

/** What stands around the block; undefined where there is none. */
function around(text: string): Parts | undefined {
  const start = text.startsWith(`${begin}\n`) ? 0 : text.indexOf(`\n${begin}\n`) + 1
  if (start === 0 && !text.startsWith(`${begin}\n`)) return undefined
  const stop = text.indexOf(`${end}\n`, start)
  if (stop >= 0) return {before: text.slice(0, start), after: text.slice(stop + end.length + 1)}
  return text.endsWith(end) && text.length - end.length > start ? {before: text.slice(0, start), after: ''} : undefined
}

/** The text without the block, for those who look at what others wrote. */
export function withoutBlock(text: string): string {
  const parts = around(text)
  return parts === undefined ? text : parts.before + parts.after
}

/**
 * The text with the block in its place; where there was none, at the end, or instead of everything.
 * @param lines what stands in it, each with its line end; nothing takes the block away
 */
export function withBlock(text: string, lines: string, whenNew: 'append' | 'replace' = 'append'): string {
  const parts = around(text)
  if (parts !== undefined) return parts.before + (lines === '' ? '' : block(lines)) + parts.after
  if (lines === '') return text
  if (whenNew === 'replace') return block(lines)
  return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${block(lines)}`
}
