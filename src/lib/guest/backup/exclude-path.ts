// Patterns of what backups of containers leave out. Pure.
import {InvalidInputError} from '../../base/index.ts'

export interface ExcludePattern {
  /** Without slashes at either end. */
  readonly name: string
  /** Meant from the container's root; others stand for something below any folder. */
  readonly isAnchored: boolean
}

/**
 * With a slash, or a dot and a slash, at the beginning it is anchored (vzdump(1), "File Exclusions"; tar calls the container's root a dot).
 * @throws InvalidInputError for one that would leave everything out, or that is no pattern
 */
export function readExcludePattern(text: string): ExcludePattern {
  let end = text.length
  while (text[end - 1] === '/') end--
  const [start = ''] = /^(?:\.?\/)*/.exec(text.slice(0, end)) ?? []
  const name = text.slice(start.length, end)
  if (name === '' || name === '.' || /[\0\n]/.test(name)) {
    throw new InvalidInputError(`'${text}' cannot be left out of a backup`, {'exclude-path': 'must name something below /'}, {nextSteps: ["A pattern is like '/var/cache', '*.iso' or 'node_modules'."]})
  }
  return {name, isAnchored: start !== ''}
}
