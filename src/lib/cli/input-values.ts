// Parameters that are no words of the command line (`fromInput`): a password is asked for on the terminal or read from standard input, data is
// read from there. On the machine of the caller, before a command goes to a host; so no secret stands in an argv, and none in a plan.
import {CancelledError, InvalidInputError} from '../base/index.ts'
import type {CommandSpec, InputSource} from '../spec/index.ts'
import {inputNames} from '../spec/params.ts'
import {processInput, type StandardInput} from './standard-input.ts'
import type {Surroundings} from './surroundings.ts'

const maxSecretBytes = 4096

/** The parameters with those that were read. @throws InvalidInputError when there is none to be read or it is too long; CancelledError */
export async function withInputValues({params: known}: CommandSpec, params: Readonly<Record<string, unknown>>, surroundings: Surroundings): Promise<Readonly<Record<string, unknown>>> {
  const input = surroundings.input ?? processInput()
  const read: Record<string, string> = {}
  for (const name of inputNames(known)) {
    const source = known[name]?.fromInput
    const value = source === undefined ? undefined : await inputValue(source, params, input, surroundings.signal)
    if (value !== undefined) read[name] = value
  }
  return {...params, ...read}
}

async function inputValue(source: InputSource, params: Readonly<Record<string, unknown>>, input: StandardInput, signal: AbortSignal): Promise<string | undefined> {
  if (source.as === 'secret') return input.isTerminal ? askTwice(source.prompt, input) : firstLine(source.prompt, input, signal)
  if (params[source.whenFlag] !== true) return undefined
  const data = await input.read(source.maxBytes + 1, signal)
  if (data.length > source.maxBytes) throw new InvalidInputError(`standard input is too long: at most ${source.maxBytes / 1024} KiB can be passed on`, {[source.whenFlag]: 'takes less than came'})
  return data.toString('base64')
}

async function askTwice(prompt: string, input: StandardInput): Promise<string> {
  const first = await asked(`${prompt}: `, input)
  if (first === '') throw new InvalidInputError('nothing was typed', {}, {nextSteps: ['Nothing was changed.']})
  if (await asked(`${prompt}, once more: `, input) !== first) throw new InvalidInputError('the two are not the same', {}, {nextSteps: ['Nothing was changed. Try again.']})
  return first
}

async function asked(question: string, input: StandardInput): Promise<string> {
  const answer = await input.askSecret(question)
  if (answer === undefined) throw new CancelledError()
  return answer
}

/** The first line of what a script pipes in; a line end belongs to no password. */
async function firstLine(prompt: string, input: StandardInput, signal: AbortSignal): Promise<string> {
  const [line = ''] = (await input.read(maxSecretBytes + 1, signal, '\n')).toString('utf8').split(/\r?\n/)
  if (line === '') {
    throw new InvalidInputError(`standard input has no line to be taken as the ${prompt.toLowerCase()}`, {}, {nextSteps: ['Pipe it in, or run the command on a terminal, where it is asked for.']})
  }
  if (Buffer.byteLength(line) > maxSecretBytes) throw new InvalidInputError(`the first line of standard input is too long for a ${prompt.toLowerCase()}`)
  return line
}
