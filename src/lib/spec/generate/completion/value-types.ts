// What completion may offer for a value, as short words for the tables of the shells: src/shell/core.sh says what they mean. Equal lists of
// words and equal property strings get one number, because most commands share their options.
import {formatWords} from '../../format-words.ts'
import type {PropertyFormat, ValueSchema} from '../../schema.ts'

/** A word for the tables: `w3`, `p1`, `@vmid`, `@node,`, `b`, `-`, …. */
export type ValueType = string

/** Named formats whose values are names of what exists, where the parameter does not say so itself. */
const namesByFormat: Readonly<Record<string, string>> = {
  'pve-vmid': '@vmid', 'pve-node': '@node', 'pve-storage-id': '@storage', 'pve-bridge-id': '@bridge', 'pve-volume-id': '@volume',
  'pve-storage-path': 'f', 'pve-storage-path-in-property-string': 'f',
}

/** A word that means nothing to any shell and needs no quotes. */
const plainWord = /^[A-Za-z0-9_][A-Za-z0-9._+@%/-]*$/

export class ValueTypes {
  readonly words = new Map<string, string>()
  readonly properties = new Map<string, string>()

  /** @param isNew the value names something that the command makes, so that what exists is not offered */
  of(schema: ValueSchema, isNew = false): ValueType {
    const {type, format, enum: choices, completion, items, fromFile} = schema
    if (typeof format === 'object') return this.#propertyType(format)
    if (choices !== undefined) return this.#wordType(choices.map(String))
    if (type === 'boolean') return 'b'
    if (type === 'array') return items === undefined ? '-' : `${this.of(items)}+`
    if (fromFile === true || completion === 'file') return 'f'
    const list = format !== undefined && /-a?list$/.test(format) ? ',' : ''
    const base = format?.replace(/-(?:a?list|opt)$/, '')
    if (isNew) return base === 'pve-vmid' ? '@newvmid' : '-'
    if (completion !== undefined) return `@${completion}${list}`
    if (base === undefined) return '-'
    if (base === 'pve-configid' && list !== '') return `o${list}`
    const words = Object.hasOwn(formatWords, base) ? formatWords[base] : undefined
    if (words !== undefined) return `${this.#wordType(words)}${list === '' && base === 'pve-hotplug-features' ? ',' : list}`
    return Object.hasOwn(namesByFormat, base) ? `${namesByFormat[base] ?? '-'}${list}` : '-'
  }

  #wordType(words: readonly string[]): ValueType {
    const plain = words.filter((word) => plainWord.test(word))
    return plain.length === 0 ? '-' : numbered(this.words, 'w', plain.join(' '))
  }

  #propertyType(format: PropertyFormat): ValueType {
    const tokens = Object.entries(format).flatMap(([name, schema]) => {
      if (schema.alias !== undefined) return [`${name}:=${[schema.alias, ...(schema.keyAlias === undefined ? [] : [schema.keyAlias])].join('+')}`]
      const names = name.endsWith('[n]') ? [0, 1, 2, 3].map((number) => `${name.slice(0, -3)}${number}`) : [name]
      return names.map((each) => `${schema.defaultKey === true ? '!' : ''}${each}:${this.of(schema)}`)
    })
    return numbered(this.properties, 'p', tokens.join(' '))
  }
}

function numbered(known: Map<string, string>, letter: string, text: string): string {
  const name = known.get(text) ?? `${letter}${known.size + 1}`
  known.set(text, name)
  return name
}
