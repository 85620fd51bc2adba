// What contexts.yaml may look like before the YAML library sees it. YAML is larger than this file has need of, and the library calls
// itself for each level: some hundred levels end the process, and keys that are keys of keys take twice as long with each; and with many
// mistakes it takes the square of their number. Pure.

const maxLineChars = 1024
const maxLines = 5000
/** contexts, name, hosts, host: four, in brackets or by indentation. */
const maxBrackets = 8
const maxIndentation = 64

/** Why a text is not read at all; undefined for one that the library may have. */
export function shapeProblem(text: string): string | undefined {
  let brackets = 0
  for (const [index, whole] of text.split('\n').entries()) {
    const place = `in line ${index + 1}`
    if (index >= maxLines) return `has more than ${maxLines} lines`
    if (whole.length > maxLineChars) return `has more than ${maxLineChars} characters ${place}`
    const line = withoutComment(whole)
    if (/\?(?:[ \t\r]|$)/.test(line)) return `must not use keys of its own lines ('? key') ${place}`
    if (/^[ \t]*(?:[-:][ \t]+){4}/.test(line) || line.search(/[^ \t]/) > maxIndentation) return `is nested too deep ${place}`
    for (const character of line) {
      if ((character === '[' || character === '{') && ++brackets > maxBrackets) return `is nested too deep ${place}`
      if (character === ']' || character === '}') brackets = Math.max(0, brackets - 1)
    }
  }
  return undefined
}

function withoutComment(line: string): string {
  for (let at = line.indexOf('#'); at >= 0; at = line.indexOf('#', at + 1)) {
    if (at === 0 || line[at - 1] === ' ' || line[at - 1] === '\t') return line.slice(0, at)
  }
  return line
}
