// Help in all the ways it can be asked for: `qm start --help`, `qm help start`, `corral help qm`, a tool or a group without a command.
import {InvalidInputError} from '../base/index.ts'
import type {CommandSpec} from '../spec/index.ts'
import {commandsBelow, findTypedCommand, groupOf, suggestCommand} from './find-command.ts'
import {expandedNames, findParam, resolveAlias, typedParams} from '../spec/params.ts'
import {didYouMean, nearestWord} from '../spec/nearest.ts'
import {standardOptionsOf} from '../spec/standard.ts'
import {commandHelp, commandListHelp, optionHelp, wrap, type HelpStyle} from './help.ts'
import {textStyle} from './render/index.ts'
import {helpCommand} from './help-words.ts'
import {writeOut, type Streams} from './streams.ts'
import type {Surroundings} from './surroundings.ts'

/** Words that ask for help and name no command themselves. */
const askingWords: ReadonlySet<string> = new Set(['help', '--help', '-help', '-h', '-?', '--verbose', '-verbose', '--extra-args', '-extra-args', '1'])

/** Lines longer than this are hard to read, however wide the terminal. */
const widestLine = 100

/** Prints the help that the words ask for. @throws InvalidInputError when they name nothing */
export async function runHelp(words: readonly string[], surroundings: Surroundings): Promise<number> {
  const named = words.filter((word) => !askingWords.has(word))
  const isVerbose = words.some((word) => word === '--verbose' || word === '-verbose')
  const found = findTypedCommand(named, surroundings.catalog.commands, surroundings.aliases)
  const entry = found === undefined ? undefined : surroundings.catalog.commands[found.id]
  if (found !== undefined && entry !== undefined) {
    const {spec} = await entry.spec()
    const [option] = found.rest
    if (option === undefined) return printCommandHelp(spec, surroundings, isVerbose)
    return await isTopicBehind(spec, found.rest) ? printTopic(named, surroundings) : printOptionHelp(spec, option, surroundings)
  }
  const group = groupOf(named, Object.keys(surroundings.catalog.commands))
  if (group.join(' ').replace(/^corral ?/, '') !== named.join(' ').replace(/^corral ?/, '')) return printTopic(named, surroundings)
  const lines = isVerbose ? await wholeHelp(group, surroundings) : await groupHelp(group, surroundings)
  await show(lines, surroundings.streams)
  return 0
}

/** Says on stderr what a tool or a group offers when its command is missing. */
export async function listGroup(words: readonly string[], surroundings: Surroundings): Promise<number> {
  if (words.length === 0) return runHelp([], surroundings)
  print([...await groupHelp(words, surroundings), ''], surroundings.streams.stderr)
  throw new InvalidInputError(`'${words.join(' ')}' needs a command`, {}, {nextSteps: [helpCommand(words)]})
}

/** Prints the page of one command. @param isWhole with every setting of its options */
export async function printCommandHelp(spec: CommandSpec, surroundings: Surroundings, isWhole = false): Promise<number> {
  await show(commandHelp(spec, await helpStyle(surroundings), isWhole), surroundings.streams)
  return 0
}

/** Behind a tool that is itself a command stands an option of it, or else a topic. */
async function isTopicBehind({id, params}: CommandSpec, words: readonly string[]): Promise<boolean> {
  if (id.includes(' ') || findParam(typedParams(params), words[0] ?? '') !== undefined) return false
  const {conceptTopics} = await import('./concept-pages.ts')
  return conceptTopics().includes(words.join('-').toLowerCase())
}

/** Prints what a command takes for one of its options: `qm help set net0`. @throws InvalidInputError when it has no such option */
async function printOptionHelp(spec: CommandSpec, word: string, surroundings: Surroundings): Promise<number> {
  const params = {...typedParams(spec.params), ...standardOptionsOf(spec)}
  const name = word.replace(/^--?/, '').replace(/\[n\]$/, '0')
  const schema = findParam(params, resolveAlias(params, name))?.schema
  if (schema === undefined) {
    throw new InvalidInputError(`'${spec.id}' has no option '${name}'${didYouMean(name, expandedNames(params))}`, {}, {nextSteps: [helpCommand(spec.id.split(' '))]})
  }
  await show(optionHelp(name, schema, await helpStyle(surroundings)), surroundings.streams)
  return 0
}

/** Prints the page of a concept: `corral help tasks`, behind any tool. @throws InvalidInputError when there is none */
async function printTopic(words: readonly string[], surroundings: Surroundings): Promise<number> {
  const {conceptPage, conceptTopics} = await import('./concept-pages.ts')
  const topics = conceptTopics()
  const tools = new Set(Object.keys(surroundings.catalog.commands).map((id) => id.split(' ')[0]))
  const typed = tools.has(words[0]) ? words.slice(1) : words
  const topic = typed.join('-').toLowerCase().replace(/^corral-/, '')
  if (!topics.includes(topic)) throw unknownTopic(words, typed, topics, surroundings)
  const {conceptText} = await import('./concept-text.ts')
  await show([...conceptText(conceptPage(topic), await helpStyle(surroundings)), '', `'man corral-${topic}' shows this page as well.`], surroundings.streams)
  return 0
}

async function groupHelp(words: readonly string[], surroundings: Surroundings): Promise<string[]> {
  const style = await helpStyle(surroundings)
  const more = `'${helpCommand(words)} <command>' shows the page of a command.`
  if (words.length > 0) return [...commandListHelp(`The commands of ${words.join(' ')}.`, await specsBelow(words, surroundings), style), '', ...wrap(`${more} 'corral help' names the topics.`, style.width, '')]
  const {tools} = await import('./tools.ts')
  const ids = Object.keys(surroundings.catalog.commands)
  const named = tools.filter(({name}) => name !== 'corral' && commandsBelow([name], ids).length > 0).map(({name, summary}) => ({id: name, summary}))
  return [
    ...commandListHelp('Corral: virtual machines and containers on plain Debian hosts, with the commands of Proxmox VE.', named, style, 'TOOLS'), '',
    ...commandListHelp('', await specsBelow(['corral'], surroundings), style), '',
    ...await topicList(style),
    ...["'qm help' lists the commands of a tool.", more, "'corral autocomplete' sets up the completion of words in your shell."].flatMap((line) => wrap(line, style.width, '')),
  ]
}

/** What `corral help <topic>` knows; nothing where the pages were not installed. */
async function topicList(style: HelpStyle): Promise<string[]> {
  const {conceptPages} = await import('./concept-pages.ts')
  const topics = conceptPages().map(({topic, summary}) => ({id: topic, summary}))
  return topics.length === 0 ? [] : [...commandListHelp('', topics, style, "TOPICS ('corral help <topic>')"), '']
}

/** Every page of the group, one after the other. */
async function wholeHelp(words: readonly string[], surroundings: Surroundings): Promise<string[]> {
  const style = await helpStyle(surroundings)
  const specs = await specsBelow(words, surroundings)
  return specs.flatMap((spec, index) => [...(index === 0 ? [] : ['', '-'.repeat(style.width), '']), ...commandHelp(spec, style, true)])
}

async function specsBelow(words: readonly string[], {catalog}: Surroundings): Promise<readonly CommandSpec[]> {
  const ids = commandsBelow(words, Object.keys(catalog.commands)).toSorted()
  const entries = ids.flatMap((id) => catalog.commands[id] ?? [])
  return Promise.all(entries.map(async (entry) => (await entry.spec()).spec))
}

async function helpStyle({streams, env}: Surroundings): Promise<HelpStyle> {
  const style = textStyle(streams.stdout, env)
  const width = Math.min(style.columns ?? 80, widestLine)
  if (!style.hasColour) return {width, heading: (text) => text}
  const {Chalk} = await import('chalk')
  return {width, heading: new Chalk({level: 1}).bold}
}

function unknownTopic(words: readonly string[], typed: readonly string[], topics: readonly string[], {catalog}: Surroundings): InvalidInputError {
  const suggestion = nearestWord(typed.join('-'), topics) ?? suggestCommand(words, Object.keys(catalog.commands))
  const sentence = `there is no help for '${words.join(' ')}', because there is no such command or topic`
  return new InvalidInputError(suggestion === undefined ? sentence : `${sentence}; did you mean '${suggestion}'?`, {}, {nextSteps: ['corral help']})
}

async function show(lines: readonly string[], streams: Streams): Promise<void> {
  await writeOut(lines.map((line) => `${line}\n`).join(''), streams)
}

function print(lines: readonly string[], stream: {write(text: string): unknown}): void {
  stream.write(lines.map((line) => `${line}\n`).join(''))
}
