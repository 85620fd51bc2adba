// The word that was probably meant, for "did you mean" in errors. Knows nothing of options or commands.

/** Words longer than this are not compared: nobody mistypes a name of that length. */
const longestCompared = 64

/**
 * The candidate closest to a mistyped word, or undefined when none is close. A difference of one edit (insert, delete, replace, swap of
 * neighbours) in three letters is allowed; a word that begins a single candidate counts as close as well.
 */
export function nearestWord(word: string, candidates: readonly string[]): string | undefined {
  if (word.length === 0 || word.length > longestCompared) return undefined
  const wanted = word.toLowerCase()
  const allowed = Math.max(1, Math.floor(wanted.length / 3))
  let best: {candidate: string; distance: number} | undefined
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - wanted.length) > allowed || candidate.length > longestCompared) continue
    const distance = editDistance(wanted, candidate.toLowerCase())
    if (distance <= allowed && (best === undefined || distance < best.distance)) best = {candidate, distance}
  }
  if (best !== undefined) return best.candidate
  const continued = candidates.filter(candidate => wanted.length >= 3 && candidate.toLowerCase().startsWith(wanted))
  return continued.length === 1 ? continued[0] : undefined
}

/** `, did you mean 'x'?` or nothing, to be put behind a sentence. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const nearest = nearestWord(word, candidates)
  return nearest === undefined ? '' : `; did you mean '${nearest}'?`
}

/** Edits between two words, a swap of neighbours counting as one (optimal string alignment). */
function editDistance(from: string, to: string): number {
  let beforePrevious: number[] = []
  let previous = Array.from({length: to.length + 1}, (_, column) => column)
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    for (let column = 1; column <= to.length; column++) {
      const replaced = (previous[column - 1] ?? 0) + (from[row - 1] === to[column - 1] ? 0 : 1)
      let least = Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1)
      if (row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]) {
        least = Math.min(least, (beforePrevious[column - 2] ?? 0) + 1)
      }
      current.push(least)
    }
    beforePrevious = previous
    previous = current
  }
  return previous[to.length] ?? 0
}
