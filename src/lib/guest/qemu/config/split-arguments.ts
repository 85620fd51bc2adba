// `args` of qm.conf: the words that stand behind QEMU's own arguments, taken apart as Proxmox VE does, without any of a shell's expansions.
import {InvalidInputError} from '../../../base/index.ts'
import {shellSplit} from '../../../spec/shell-words.ts'

const mostWords = 256

/**
 * @throws InvalidInputError for a quote that is not closed, a backslash at the end, control characters, and more words than anybody needs
 */
export function splitArguments(text: string): string[] {
  if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(text)) throw wrong('holds control characters')
  const words = wordsOf(text)
  if (words.length > mostWords) throw wrong(`has more than ${mostWords} words`)
  return words
}

function wordsOf(text: string): string[] {
  try {
    return shellSplit(text)
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    throw wrong(`cannot be taken apart: ${error.message}`)
  }
}

function wrong(reason: string): InvalidInputError {
  return new InvalidInputError(`'args' ${reason}`, {args: reason})
}
