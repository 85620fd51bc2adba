// From what an image says of its first process to the keys of a container. Pure.
import {InvalidInputError} from '../../../../base/index.ts'
import type {RawLine} from '../../../guest-config.ts'
import type {ImageConfig} from './image-json.ts'

export interface ImageValues {
  readonly values: Readonly<Record<string, string>>
  readonly raw: readonly RawLine[]
  readonly warnings: readonly string[]
}

const oneLine = /^[^\p{Cc}\u2028\u2029]*$/u

/** @throws InvalidInputError for a command that cannot be written as one line */
export function imageValues({words, env, workingFolder, stopSignal}: ImageConfig): ImageValues {
  const warnings: string[] = []
  const kept = env.filter((entry) => {
    const isRight = /^\w+=/.test(entry) && oneLine.test(entry)
    if (!isRight) warnings.push(`a variable of the image is left out: '${entry.slice(0, 60).replace(/\p{Cc}/gu, '?')}'`)
    return isRight
  })
  const raw: RawLine[] = []
  if (workingFolder !== undefined && workingFolder !== '/') {
    if (/^\/[^\p{Cc}]{0,4000}$/u.test(workingFolder)) raw.push(['lxc.init.cwd', workingFolder])
    else warnings.push('the working folder of the image is no path and left out')
  }
  if (stopSignal !== undefined) {
    if (/^(?:SIG[A-Z]{2,8}(?:[+-]\d{1,2})?|\d{1,2})$/.test(stopSignal)) raw.push(['lxc.signal.halt', stopSignal])
    else warnings.push('the stop signal of the image is none and left out')
  }
  return {values: {...(words.length === 0 ? {} : {entrypoint: words.map(quoted).join(' ')}), ...(kept.length === 0 ? {} : {env: kept.join('\0')})}, raw, warnings}
}

/** As LXC takes the words of a command apart: at blanks, but for those in quotes. */
function quoted(word: string): string {
  if (!oneLine.test(word) || word.includes('"') && word.includes("'") || word.includes('\\')) {
    throw new InvalidInputError('the command of the image holds characters that cannot stand in one line', {entrypoint: 'has to be given'}, {nextSteps: ["Say what to run: --entrypoint '/path/program'"]})
  }
  if (word !== '' && !/[\s"']/.test(word)) return word
  return word.includes('"') ? `'${word}'` : `"${word}"`
}

/**
 * The lines for LXC that make the first process another user: numbers, or names that the image's own passwd and group have.
 * @param files the texts of etc/passwd and etc/group
 * @throws InvalidInputError for a name that they do not have
 */
export function userLines(user: string, files: {readonly passwd: string; readonly group: string}): RawLine[] {
  const [name = '', group] = user.split(':', 2)
  const entry = lineOf(files.passwd, name, /^\d+$/.test(name) ? 2 : 0)
  const uid = /^\d{1,10}$/.test(name) ? name : entry?.[2]
  const gid = group === undefined ? entry?.[3] ?? '0' : /^\d{1,10}$/.test(group) ? group : lineOf(files.group, group, 0)?.[2]
  if (uid === undefined || gid === undefined || !/^\d{1,10}$/.test(uid) || !/^\d{1,10}$/.test(gid)) throw new InvalidInputError(`the image is to run as '${user.slice(0, 60).replace(/\p{Cc}/gu, '?')}', who is not in it`)
  return uid === '0' && gid === '0' ? [] : [['lxc.init.uid', uid], ['lxc.init.gid', gid]]
}

function lineOf(text: string, value: string, field: number): string[] | undefined {
  return text.split('\n').map((line) => line.split(':')).find((fields) => fields[field] === value)
}
