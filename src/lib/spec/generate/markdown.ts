// Pieces of Markdown for man pages, as scripts/man-roff.mjs turns them into roff. Beside ordinary Markdown there are definition lists,
// which man pages need for options: a line `term`, then a line that begins with `: `.

/** Text that means itself, whatever characters it has. */
export function literal(text: string): string {
  return text.replace(/[\\`*_{}[\]<>()#+!|~&]/g, '\\$&')
}

export function bold(text: string): string {
  return `**${literal(text)}**`
}

export function italic(text: string): string {
  return `*${literal(text)}*`
}

export interface Definition {
  /** Markdown. */
  readonly term: string
  /** Paragraphs of Markdown. */
  readonly paragraphs: readonly string[]
  /** Definitions below it. */
  readonly inner?: readonly Definition[]
}

/** A list of definitions; an inner list is indented by four spaces. */
export function definitionList(definitions: readonly Definition[], depth = 0): string {
  const indent = '    '.repeat(depth)
  return definitions.map(({term, paragraphs, inner = []}) => [
    `${indent}${term}`,
    ...paragraphs.map((paragraph) => `${indent}: ${paragraph.split('\n').map((line) => line.trim()).join(' ')}`),
    ...(inner.length === 0 ? [] : ['', definitionList(inner, depth + 1)]),
  ].join('\n')).join('\n\n')
}

export interface Section {
  readonly title: string
  /** Markdown. */
  readonly body: string
}

/** A page: its title line and its sections; empty ones are left out. */
export function page(title: string, sections: readonly Section[]): string {
  return [`# ${title}`, ...sections.filter(({body}) => body.trim() !== '').map((section) => `## ${section.title}\n\n${withoutBlankLinesAround(section.body)}`)].join('\n\n').concat('\n')
}

/** The blanks before the first line stay: a section may begin with an example. */
function withoutBlankLinesAround(text: string): string {
  return text.replace(/^\n+/, '').trimEnd()
}

/** A summary as the NAME line wants it: no capital, no full stop. */
export function nameLine(summary: string): string {
  const text = summary.replace(/\.$/, '').replace(/`/g, '')
  return /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text
}
