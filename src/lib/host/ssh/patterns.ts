// OpenSSH's patterns (ssh_config(5), PATTERNS): `*` and `?`, and lists of them in which `!` refuses.

/** Whether the whole text fits the pattern. Linear in both lengths for each `*`, without backtracking over earlier ones. */
export function matchesPattern(text: string, pattern: string): boolean {
  let [at, spot, star, retry] = [0, 0, -1, 0]
  while (at < text.length) {
    if (pattern[spot] === '*') {
      star = spot++
      retry = at
    } else if (spot < pattern.length && (pattern[spot] === '?' || pattern[spot] === text[at])) {
      at++
      spot++
    } else if (star >= 0) {
      spot = star + 1
      at = ++retry
    } else return false
  }
  while (pattern[spot] === '*') spot++
  return spot === pattern.length
}

/** `refused` when a pattern with `!` fits, whatever else does. */
export function matchList(text: string, patterns: readonly string[]): 'matched' | 'refused' | 'no' {
  let result: 'matched' | 'no' = 'no'
  for (const pattern of patterns) {
    const isNegated = pattern.startsWith('!')
    if (!matchesPattern(text, isNegated ? pattern.slice(1) : pattern)) continue
    if (isNegated) return 'refused'
    result = 'matched'
  }
  return result
}
