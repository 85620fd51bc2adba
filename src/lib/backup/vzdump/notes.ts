// The notes of a backup, from a template (vzdump(1), "BACKUP NOTES"). Pure.
import {InvalidInputError} from '../../base/index.ts'

export interface NotesFacts {
  readonly cluster: string
  readonly guestname: string
  readonly node: string
  readonly vmid: number
}

const variables = ['cluster', 'guestname', 'node', 'vmid'] as const

/** @throws InvalidInputError for a variable that there is not, or a backslash before something else than n and a backslash */
export function checkNotesTemplate(template: string): void {
  notesOf(template, {cluster: '', guestname: '', node: '', vmid: 0})
}

/** @throws as checkNotesTemplate */
export function notesOf(template: string, facts: NotesFacts): string {
  const wrong = (why: string) => new InvalidInputError(`the template of the notes ${why}`, {'notes-template': why})
  const lines = template.replace(/\\([\s\S]?)/g, (_whole, letter: string) => {
    if (letter === 'n') return '\n'
    if (letter === '\\') return '\\'
    throw wrong(`has a backslash that stands neither before n nor before another one`)
  })
  return lines.replace(/\{\{([^{}\n]{0,64})\}\}/g, (_whole, name: string) => {
    const known = variables.find((variable) => variable === name.trim())
    if (known === undefined) throw wrong(`names a variable '${name.slice(0, 40)}'; there are ${variables.join(', ')}`)
    return String(facts[known])
  })
}
