// Whether errors are wanted as JSON, read off the raw words: an error may come before the command line could be read at all.

/** True when the words ask for an output format for programs. */
export function wantsJsonErrors(words: readonly string[]): boolean {
  const end = words.indexOf('--')
  const options = end < 0 ? words : words.slice(0, end)
  return options.some((word, index) => {
    const match = /^--?output-format(?:=(.*))?$/.exec(word)
    const value = match === null ? undefined : match[1] ?? options[index + 1]
    return value === 'json' || value === 'json-pretty' || value === 'yaml'
  })
}
