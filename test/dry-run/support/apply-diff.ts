// Carries out the changes of files that a dry run printed, so that the outcome can be compared with what really became of the files.

/** A text as lines; undefined: there is no such file. */
export type Files = Map<string, string>

/**
 * @param diff lines of unified diffs, one after the other
 * @throws Error where a line that stays or goes is not there: the diff does not belong to these files
 */
export function applyDiff(diff: readonly string[], files: Files): void {
  for (let at = 0; at < diff.length;) {
    const [from, to] = [diff[at]?.slice(4) ?? '', diff[at + 1]?.slice(4) ?? '']
    at += 2
    const old = from === '/dev/null' ? [] : linesOf(files.get(from))
    const made: string[] = []
    let read = 0
    while (at < diff.length && diff[at]?.startsWith('@@ ') === true) {
      const [, start = '0', count = '1'] = /^@@ -(\d+)(?:,(\d+))? /.exec(diff[at] ?? '') ?? []
      // An empty range stands behind the line that it names.
      const begin = Number(start) - (count === '0' ? 0 : 1)
      made.push(...old.slice(read, begin))
      read = begin
      at++
      for (; at < diff.length && !/^(?:@@|---) /.test(diff[at] ?? ''); at++) {
        const line = diff[at] ?? ''
        if (line.startsWith('+')) { made.push(line.slice(1)); continue }
        if (old[read] !== line.slice(1)) throw new Error(`${from} has no line '${line.slice(1)}' there, but '${old[read] ?? ''}'`)
        if (line.startsWith(' ')) made.push(line.slice(1))
        read++
      }
    }
    made.push(...old.slice(read))
    if (to === '/dev/null') files.delete(from)
    else files.set(to, made.map((line) => `${line}\n`).join(''))
  }
}

function linesOf(text = ''): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n')
}
