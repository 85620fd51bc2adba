// Reads the XML of an OVF manifest, which anybody may have written: elements, attributes, text and namespaces, and nothing that reaches
// beyond the text. A document type, and with it every entity of its own, is refused, as is what is larger or deeper than any manifest.
// After "Extensible Markup Language (XML) 1.0" and "Namespaces in XML 1.0" of the W3C. Pure; it knows nothing of OVF.
import {InvalidInputError} from '../../../base/index.ts'

export interface XmlElement {
  /** Without its prefix. */
  readonly name: string
  /** The address that its prefix stands for; empty when it has none. */
  readonly namespace: string
  readonly attributes: readonly XmlAttribute[]
  readonly children: readonly XmlElement[]
  /** The text that stands directly in it. */
  readonly text: string
}

export interface XmlAttribute {
  readonly name: string
  readonly namespace: string
  readonly value: string
}

/** Bounds of what is read at all. */
const longestText = 4 * 1024 * 1024
const mostElements = 50_000
const mostAttributes = 64
const deepest = 64
const longestEntity = 12

const namePattern = /[\p{L}_][\p{L}\p{N}_.-]*(?::[\p{L}_][\p{L}\p{N}_.-]*)?/uy
const spacePattern = /[ \t\r\n]*/y
const entities: Readonly<Record<string, string>> = {amp: '&', lt: '<', gt: '>', quot: '"', apos: "'"}
const xmlNamespace = 'http://www.w3.org/XML/1998/namespace'

interface OpenElement {
  readonly name: string
  readonly namespace: string
  readonly attributes: readonly XmlAttribute[]
  readonly children: XmlElement[]
  readonly texts: string[]
  /** As it is written, for the comparison with its end. */
  readonly written: string
  readonly prefixes: Prefixes
}

type Prefixes = ReadonlyMap<string, string>

/**
 * @returns the outermost element
 * @throws InvalidInputError naming the line that is wrong, or the bound that is passed
 */
export function parseXml(source: string): XmlElement {
  const text = source.startsWith('\uFEFF') ? source.slice(1) : source
  if (text.length > longestText) throw new InvalidInputError('the XML is larger than 4 MiB')
  return new XmlReader(text).document()
}

class XmlReader {
  readonly #text: string
  #position = 0
  #elements = 0
  readonly #open: OpenElement[] = []
  #root: XmlElement | undefined

  constructor(text: string) {
    this.#text = text
  }

  document(): XmlElement {
    this.#declaration()
    while (this.#position < this.#text.length) {
      if (this.#text[this.#position] === '<') this.#markup()
      else this.#characters()
    }
    const left = this.#open.at(-1)
    if (left !== undefined) throw this.#wrong(`<${shown(left.written)}> has no end`)
    if (this.#root === undefined) throw this.#wrong('there is no element')
    return this.#root
  }

  #declaration(): void {
    if (!/^<\?xml[ \t\r\n]/.test(this.#text)) return
    const end = this.#text.indexOf('?>')
    if (end < 0 || end > 256) throw this.#wrong('the XML declaration has no end')
    const encoding = /encoding[ \t]*=[ \t]*["']([\w.-]+)["']/.exec(this.#text.slice(0, end))?.[1]
    if (encoding !== undefined && !/^(?:utf-8|us-ascii)$/i.test(encoding)) throw this.#wrong(`the encoding '${encoding}' is not UTF-8`)
    this.#position = end + 2
  }

  #markup(): void {
    if (this.#takes('<!--')) return this.#skip('-->', 'a comment')
    if (this.#takes('<![CDATA[')) return this.#cdata()
    if (this.#takes('<!')) throw this.#wrong('a document type or entity of its own (<!…) is not taken')
    if (this.#takes('<?')) return this.#skip('?>', 'an instruction (<?…)')
    if (this.#takes('</')) return this.#end()
    this.#position++
    this.#start()
  }

  #start(): void {
    if (this.#root !== undefined && this.#open.length === 0) throw this.#wrong('there is a second outermost element')
    if (++this.#elements > mostElements) throw this.#wrong(`there are more than ${mostElements} elements`)
    if (this.#open.length >= deepest) throw this.#wrong(`the elements are nested more than ${deepest} deep`)
    const written = this.#name()
    const raw = this.#attributes(written)
    const prefixes = this.#prefixes(raw)
    const attributes = raw.filter(({name}) => name !== 'xmlns' && !name.startsWith('xmlns:')).map(({name, value}) => ({...this.#resolve(name, prefixes, ''), value}))
    const element = {...this.#resolve(written, prefixes, prefixes.get('') ?? ''), attributes, children: [], texts: [], written, prefixes}
    this.#open.push(element)
    if (this.#takes('/>')) this.#close()
    else if (!this.#takes('>')) throw this.#wrong(`<${shown(written)}> is not closed by '>'`)
  }

  #attributes(element: string): {name: string; value: string}[] {
    const found = new Map<string, string>()
    for (;;) {
      const before = this.#position
      this.#space()
      const next = this.#text[this.#position]
      if (next === undefined) throw this.#wrong(`<${shown(element)}> is cut off`)
      if (next === '>' || next === '/') return [...found].map(([name, value]) => ({name, value}))
      if (before === this.#position) throw this.#wrong(`there is no space between the attributes of <${shown(element)}>`)
      if (found.size >= mostAttributes) throw this.#wrong(`<${shown(element)}> has more than ${mostAttributes} attributes`)
      const name = this.#name()
      if (found.has(name)) throw this.#wrong(`the attribute ${shown(name)} stands twice in <${shown(element)}>`)
      found.set(name, this.#attributeValue(name))
    }
  }

  #attributeValue(name: string): string {
    this.#space()
    if (!this.#takes('=')) throw this.#wrong(`the attribute ${shown(name)} has no value`)
    this.#space()
    const quote = this.#text[this.#position]
    if (quote !== '"' && quote !== "'") throw this.#wrong(`the value of ${shown(name)} does not stand in quotes`)
    const end = this.#text.indexOf(quote, this.#position + 1)
    if (end < 0) throw this.#wrong(`the value of ${shown(name)} has no end`)
    const raw = this.#text.slice(this.#position + 1, end)
    if (raw.includes('<')) throw this.#wrong(`the value of ${shown(name)} holds '<'`)
    const value = this.#decoded(raw)
    this.#position = end + 1
    return value
  }

  #prefixes(attributes: readonly {name: string; value: string}[]): Prefixes {
    const outer = this.#open.at(-1)?.prefixes ?? new Map([['xml', xmlNamespace]])
    const own = attributes.filter(({name}) => name === 'xmlns' || name.startsWith('xmlns:'))
    return own.length === 0 ? outer : new Map([...outer, ...own.map(({name, value}) => [name === 'xmlns' ? '' : name.slice('xmlns:'.length), value] as const)])
  }

  #resolve(written: string, prefixes: Prefixes, withoutPrefix: string): {name: string; namespace: string} {
    const colon = written.indexOf(':')
    if (colon < 0) return {name: written, namespace: withoutPrefix}
    const namespace = prefixes.get(written.slice(0, colon))
    if (namespace === undefined) throw this.#wrong(`the prefix of ${shown(written)} stands for nothing`)
    return {name: written.slice(colon + 1), namespace}
  }

  #end(): void {
    const written = this.#name()
    this.#space()
    if (!this.#takes('>')) throw this.#wrong(`</${shown(written)} is not closed by '>'`)
    const open = this.#open.at(-1)
    if (open?.written !== written) throw this.#wrong(`</${shown(written)}> ends ${open === undefined ? 'nothing' : `<${shown(open.written)}>`}`)
    this.#close()
  }

  #close(): void {
    const open = this.#open.pop()
    if (open === undefined) return
    const {name, namespace, attributes, children, texts} = open
    const element = {name, namespace, attributes, children, text: texts.join('')}
    const parent = this.#open.at(-1)
    if (parent === undefined) this.#root = element
    else parent.children.push(element)
  }

  #characters(): void {
    const next = this.#text.indexOf('<', this.#position)
    const end = next < 0 ? this.#text.length : next
    this.#append(this.#decoded(this.#text.slice(this.#position, end)))
    this.#position = end
  }

  #cdata(): void {
    const end = this.#text.indexOf(']]>', this.#position)
    if (end < 0) throw this.#wrong('a CDATA section has no end')
    this.#append(this.#checked(this.#text.slice(this.#position, end)))
    this.#position = end + 3
  }

  #append(text: string): void {
    const open = this.#open.at(-1)
    if (open !== undefined) open.texts.push(text)
    else if (text.trim() !== '') throw this.#wrong('there is text outside the outermost element')
  }

  #decoded(raw: string): string {
    this.#checked(raw)
    if (!raw.includes('&')) return raw
    const parts = raw.split('&')
    return parts.slice(1).reduce((whole, part) => {
      const end = part.slice(0, longestEntity).indexOf(';')
      if (end < 1) throw this.#wrong("'&' does not begin an entity")
      return whole + this.#entity(part.slice(0, end)) + part.slice(end + 1)
    }, parts[0] ?? '')
  }

  #entity(name: string): string {
    if (Object.hasOwn(entities, name)) return entities[name] as string
    const code = /^#x[0-9a-f]{1,6}$/i.test(name) ? Number.parseInt(name.slice(2), 16) : /^#\d{1,7}$/.test(name) ? Number(name.slice(1)) : undefined
    if (code === undefined) throw this.#wrong(`the entity &${shown(name)}; is not known`)
    const isCharacter = code <= 0x10_ffff && (code < 0xd800 || code > 0xdfff)
    return this.#checked(isCharacter ? String.fromCodePoint(code) : '\0')
  }

  #checked(text: string): string {
    if (hasForbiddenCharacter(text)) throw this.#wrong('there is a control character')
    return text
  }

  #name(): string {
    namePattern.lastIndex = this.#position
    const name = namePattern.exec(this.#text)?.[0]
    if (name === undefined || name.length > 256) throw this.#wrong('there is no name where one is due')
    this.#position += name.length
    return name
  }

  #space(): void {
    spacePattern.lastIndex = this.#position
    this.#position += spacePattern.exec(this.#text)?.[0].length ?? 0
  }

  #skip(end: string, what: string): void {
    const found = this.#text.indexOf(end, this.#position)
    if (found < 0) throw this.#wrong(`${what} has no end`)
    this.#position = found + end.length
  }

  #takes(word: string): boolean {
    if (!this.#text.startsWith(word, this.#position)) return false
    this.#position += word.length
    return true
  }

  #wrong(reason: string): InvalidInputError {
    const line = this.#text.slice(0, this.#position).split('\n').length
    return new InvalidInputError(`the XML cannot be read, line ${line}: ${reason}`)
  }
}

function hasForbiddenCharacter(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code < 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d) return true
  }
  return false
}

function shown(name: string): string {
  return name.slice(0, 64)
}
