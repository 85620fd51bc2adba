// The words in which storage.cfg writes its values. Pure.

/** Booleans: 1, yes, on, true, or the key alone (`disable`), which in a section of a type that Corral does not have is still an empty text. */
export function isTrue(value: unknown): boolean {
  return value === true || value === 1 || (typeof value === 'string' && /^(?:1|yes|on|true|)$/i.test(value))
}

/** Lists: words between commas, semicolons and white space. */
export function splitWords(value: unknown): string[] {
  return typeof value === 'string' ? value.split(/[\s,;]+/).filter((word) => word !== '') : []
}
