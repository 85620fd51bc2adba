// Finds guests by the names that people give them. A name is not unique as a VMID is, so it only counts when one guest has it.
import {InvalidInputError, NotFoundError} from '../base/index.ts'
import {didYouMean} from '../spec/index.ts'
import type {Store} from '../store/index.ts'
import {listAllGuests} from './qemu/guest-files.ts'

/** Names are those of hosts; nothing longer or stranger is looked for. */
const namePattern = /^[a-zA-Z0-9](?:[a-zA-Z0-9.-]{0,251}[a-zA-Z0-9])?$/

/**
 * The VMID that a word on the command line stands for. Digits are always a VMID; other words are the name of a guest.
 * @returns undefined when the word is no name, so that whoever asked can say what is wrong with it
 * @throws NotFoundError when no guest has the name, InvalidInputError when several have it
 */
export async function findVmidByName(word: string, store: Pick<Store, 'list'>): Promise<number | undefined> {
  if (/^\d+$/.test(word) || !namePattern.test(word)) return undefined
  const named = (await listAllGuests(store)).map(({vmid, type, file}) => ({vmid, name: nameOf(type, file.data)}))
  const found = named.filter(({name}) => name === word).map(({vmid}) => vmid)
  const [only] = found
  if (found.length === 1) return only
  if (found.length > 1) {
    throw new InvalidInputError(`several guests are named '${word}': ${found.join(', ')}`, {vmid: 'is the name of several guests'}, {nextSteps: ['Give the number of the one that is meant.']})
  }
  // What begins like a number was probably meant as one.
  if (/^\d/.test(word)) return undefined
  throw new NotFoundError(`there is no guest named '${word}'${didYouMean(word, named.flatMap(({name}) => name ?? []))}`, {nextSteps: ['`qm list` shows those that exist.']})
}

/** The name in the section that is in force. */
function nameOf(type: 'qemu' | 'lxc', text: string): string | undefined {
  const current = text.split(/^\[/m, 1)[0] ?? ''
  return (type === 'qemu' ? /^name:[ \t]*(\S+)[ \t]*$/m : /^hostname:[ \t]*(\S+)[ \t]*$/m).exec(current)?.[1]
}
