// The option `content` of a storage: which kinds of volumes it may hold. Pure.
import {InvalidInputError} from '../base/index.ts'
import {splitWords} from './option-values.ts'
import type {Content} from './storage.ts'
import {contentTypes} from './storage.ts'

/**
 * @param value the list as it stands in storage.cfg or on the command line; `none` is the empty list
 * @throws InvalidInputError for a word that is no content type, or `none` beside others
 */
export function readContentList(value: unknown, storage: string): readonly Content[] {
  const words = splitWords(value)
  if (words.length === 1 && words[0] === 'none') return []
  const found = new Set<Content>()
  for (const word of words) {
    const content = contentTypes.find((type) => type === word)
    if (content === undefined) {
      throw new InvalidInputError(
        `storage '${storage}': '${word.slice(0, 40)}' is no content type; they are ${contentTypes.join(', ')}, or none alone`, {content: 'is not known'},
      )
    }
    found.add(content)
  }
  return [...found]
}

/** @throws InvalidInputError when the storage may hold no disks */
export function checkTakesDisks(storage: string, content: readonly Content[]): void {
  if (content.includes('images') || content.includes('rootdir')) return
  throw new InvalidInputError(`storage '${storage}' does not take disks: its content is ${content.join(',') || 'none'}`, {storage: 'does not take disks'}, {
    nextSteps: [`Allow them: pvesm set ${storage} --content ${['images', ...content].join(',')}`],
  })
}
