// contexts.yaml as text and as data: reading it with all its checks, and changing it so that the user's comments stay. Pure; where the file
// is and who may read it is in contexts-file.ts.
import {InvalidInputError, NotFoundError, printable} from '../base/index.ts'
import {checkParams, didYouMean, type Params} from '../spec/index.ts'
import {parseSshTarget} from '../host/ssh/target.ts'
import type * as yamlModule from 'yaml'
import type {Document, YAMLSeq} from 'yaml'
import {contextParams, fileParams, hostParams} from './context-schema.ts'
import {localName, maxContextsBytes} from './contexts-mode.ts'
import {shapeProblem} from './contexts-shape.ts'

const maxContexts = 200
const maxHosts = 200

export interface ContextHost {
  readonly name: string
  /** `[user@]host[:port]`, or `local`. */
  readonly ssh: string
  readonly node?: string
  readonly agent?: string
}

export interface HostContext {
  readonly name: string
  readonly hosts: readonly ContextHost[]
}

export interface Contexts {
  readonly current?: string
  readonly contexts: readonly HostContext[]
}

/**
 * @param path for messages
 * @throws InvalidInputError that names the place in the file
 */
export async function parseContexts(text: string, path: string): Promise<Contexts> {
  return readDocument(documentOf(text, path, await loadYaml()), path)
}

/** Loaded when there is a file to read: a call without contexts does not pay for it. */
type Yaml = typeof yamlModule
const loadYaml = (): Promise<Yaml> => import('yaml')

/** @throws NotFoundError with the names that exist */
export function findContext({contexts}: Contexts, name: string): HostContext {
  const found = contexts.find((context) => context.name === name)
  if (found !== undefined) return found
  const names = contexts.map((context) => context.name)
  throw new NotFoundError(`there is no context '${name}'${didYouMean(name, names)}`, {
    nextSteps: names.length === 0 ? ['Add a host first: corral host add NAME USER@HOST'] : [`There are: ${[...names, localName].join(', ')}`],
  })
}

/** The text with the host in the context; an entry of the same name is replaced. The first context becomes the current one. */
export async function withHost(text: string, contextName: string, host: ContextHost, path: string): Promise<string> {
  return edited(text, path, (doc, yaml) => {
    const hosts = hostsNode(doc, contextName, yaml) ?? new yaml.YAMLSeq()
    const index = indexOfHost(hosts, host.name, yaml)
    const node = doc.createNode(Object.fromEntries(Object.entries(host).filter(([, value]) => value !== undefined)))
    if (index < 0) hosts.add(node)
    else hosts.set(index, node)
    for (const place of [['contexts'], ['contexts', contextName]]) {
      if (!yaml.isMap(doc.getIn(place))) doc.setIn(place, new yaml.YAMLMap())
    }
    doc.setIn(['contexts', contextName, 'hosts'], hosts)
    if (!doc.has('current') && (readDocument(doc, path).contexts.length === 1)) doc.set('current', contextName)
  })
}

/** The text without the host; a context that had no other goes too. */
export async function withoutHost(text: string, contextName: string, hostName: string, path: string): Promise<string> {
  return edited(text, path, (doc, yaml) => {
    const hosts = hostsNode(doc, contextName, yaml)
    const index = hosts === undefined ? -1 : indexOfHost(hosts, hostName, yaml)
    if (hosts === undefined || index < 0) return
    hosts.delete(index)
    if (hosts.items.length > 0) return
    doc.deleteIn(['contexts', contextName])
    if (doc.get('current') === contextName) doc.delete('current')
  })
}

/** @throws NotFoundError for a context that the file does not have */
export async function withCurrent(text: string, contextName: string, path: string): Promise<string> {
  return edited(text, path, (doc) => {
    if (contextName === localName) doc.delete('current')
    else doc.set('current', findContext(readDocument(doc, path), contextName).name)
  })
}

async function edited(text: string, path: string, change: (doc: Document, yaml: Yaml) => void): Promise<string> {
  const yaml = await loadYaml()
  const doc = documentOf(text, path, yaml)
  readDocument(doc, path)
  if (!yaml.isMap(doc.contents)) doc.contents = new yaml.YAMLMap()
  change(doc, yaml)
  // What we would not read ourselves must not be written.
  readDocument(doc, path)
  return doc.toString({lineWidth: 0, commentString})
}

/** A comment again as it was read. The package's own way takes more than line feeds for ends of lines, and adds a `#` behind each. */
function commentString(comment: string): string {
  return comment.split('\n').map((line) => (line === '' ? '' : `#${line}`)).join('\n')
}

function hostsNode(doc: Document, contextName: string, yaml: Yaml): YAMLSeq | undefined {
  const node = doc.getIn(['contexts', contextName, 'hosts'])
  return yaml.isSeq(node) ? node : undefined
}

function indexOfHost(hosts: YAMLSeq, name: string, yaml: Yaml): number {
  return hosts.items.findIndex((item) => yaml.isMap(item) && item.get('name') === name)
}

/** Aliases are refused rather than counted: a file of this kind needs none, and they are how a small file becomes a large one. */
function documentOf(text: string, path: string, {parseDocument, visit}: Yaml): Document {
  if (Buffer.byteLength(text) > maxContextsBytes) throw wrong(path, `is larger than ${maxContextsBytes / 1024} KiB`)
  const problem = shapeProblem(text)
  if (problem !== undefined) throw wrong(path, problem)
  // Without pretty errors: the library would look for the place of each of them in the whole text.
  const doc = parseDocument(text, {version: '1.2', schema: 'core', uniqueKeys: true, strict: true, logLevel: 'silent', prettyErrors: false})
  // A tag that YAML itself does not have is a warning.
  const [error] = [...doc.errors, ...doc.warnings]
  if (error !== undefined) throw wrong(path, `is no YAML: ${printable(error.message.split('\n')[0] ?? '').slice(0, 200)} at ${placeOf(error.pos[0], text)}`)
  visit(doc, {Alias: () => { throw wrong(path, 'must not use aliases (`*name`)') }})
  return doc
}

function placeOf(offset: number, text: string): string {
  const lines = text.slice(0, offset).split('\n')
  return `line ${lines.length}, column ${(lines.at(-1) ?? '').length + 1}`
}

function readDocument(doc: Document, path: string): Contexts {
  const data = (doc.toJS({maxAliasCount: 0}) ?? {}) as unknown
  const file = check(fileParams, data, path, '')
  const named = (file['contexts'] ?? {}) as Readonly<Record<string, unknown>>
  const names = Object.keys(named)
  if (names.length > maxContexts) throw wrong(path, `has more than ${maxContexts} contexts`)
  const contexts = names.map((name) => readContext(name, named[name], path))
  const current = file['current'] as string | undefined
  if (current === undefined || current === localName) return {contexts}
  if (!names.includes(current)) throw wrong(path, `names '${current}' as the current context, and has no such context${didYouMean(current, names)}`)
  return {current, contexts}
}

function readContext(name: string, data: unknown, path: string): HostContext {
  if (!/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(name)) throw wrong(path, `has a context named '${printable(name).slice(0, 80)}'; a name is letters, digits and dashes, at most 63`)
  if (name === localName) throw wrong(path, `defines the context '${localName}', which is always this machine`)
  const {hosts} = check(contextParams, data, path, `contexts.${name}`)
  const list = (hosts as readonly unknown[]).map((host, index) => readHost(host, path, `contexts.${name}.hosts[${index}]`))
  if (list.length === 0 || list.length > maxHosts) throw wrong(path, `must have 1 to ${maxHosts} hosts in contexts.${name}`)
  const twice = list.find((host, index) => list.findIndex((other) => other.name === host.name) !== index)
  if (twice !== undefined) throw wrong(path, `has two hosts named '${twice.name}' in contexts.${name}`)
  return {name, hosts: list}
}

function readHost(data: unknown, path: string, place: string): ContextHost {
  const host = check(hostParams, data, path, place) as unknown as ContextHost
  if (host.ssh !== localName) {
    try {
      parseSshTarget(host.ssh)
    } catch (error) {
      throw wrong(path, `is wrong at ${place}.ssh`, error)
    }
  }
  return host
}

function check(params: Params, data: unknown, path: string, place: string): Record<string, unknown> {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) throw wrong(path, `must have keys and values${place === '' ? '' : ` at ${place}`}`)
  try {
    return checkParams(params, data as Readonly<Record<string, unknown>>, {what: 'key'})
  } catch (error) {
    throw wrong(path, `is wrong${place === '' ? '' : ` at ${place}`}`, error)
  }
}

function wrong(path: string, what: string, cause?: unknown): InvalidInputError {
  return new InvalidInputError(`${path} ${what}`, {}, {...(cause === undefined ? {} : {cause}), nextSteps: ['man corral-contexts']})
}
