// The dialect in which parameters, results and configuration keys are described: JSON Schema's words with the additions that
// Proxmox VE's own schemas have (optional, alias, property strings, families of numbered keys). It is data only.

/** One value. A `format` of record type makes the string a comma-separated list of sub-properties (`virtio=BC:…,bridge=vmbr0`). */
export interface ValueSchema {
  readonly type?: 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object' | 'null' | 'any'
  readonly description?: string
  readonly optional?: boolean
  readonly default?: string | number | boolean
  /** The default in words, where it depends on something. */
  readonly defaultText?: string
  readonly enum?: readonly (string | number)[]
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  /** A JavaScript regular expression, matched against the whole value. */
  readonly pattern?: string
  /** A named check of spec/formats, or the sub-properties of a property string. */
  readonly format?: string | PropertyFormat
  readonly items?: ValueSchema
  readonly properties?: Params
  readonly additionalProperties?: boolean | ValueSchema
  /** This name means another one. */
  readonly alias?: string
  /** In a property string: the name of the key that a bare alias stands for (`virtio=MAC` is model=virtio,macaddr=MAC). */
  readonly keyAlias?: string
  /** In a property string: the value without a key is this one. */
  readonly defaultKey?: boolean
  /** Another parameter that must be there too. */
  readonly requires?: string
  /** For `name[n]`: the numbers that n may take. */
  readonly index?: {readonly min: number; readonly max: number}
  readonly oneOf?: readonly ValueSchema[]
  readonly allOf?: readonly ValueSchema[]
  /** With oneOf: the property whose value picks the branch, its schema, and in each branch the value that picks it. */
  readonly typeProperty?: string
  readonly typePropertySchema?: ValueSchema
  readonly instanceTypes?: readonly string[]
  /** The word shown for the value in synopses and help, such as `<bridge>`. */
  readonly placeholder?: string
  /** The text may have several lines (descriptions, keys); control characters other than line breaks and tabs stay refused. */
  readonly multiLine?: boolean
  /** On the command line the value is the path of a file that holds it (`--sshkeys FILE`). */
  readonly fromFile?: boolean
  /** No word of the command line: the command line reads it elsewhere, and a handler finds it in Context.inputs. Always optional. */
  readonly fromInput?: InputSource
  /** The path of a file on the host; a relative one counts from where the words were typed. `or-volume`: what looks like a volume (`local:backup/x`) is one. */
  readonly isPath?: boolean | 'or-volume'
  /** Where completion finds the values; `new`: the value names something that is made, so that nothing that exists is offered. */
  readonly completion?: CompletionSource
  /** Never in argv of children, logs or errors. */
  readonly secret?: boolean
}

/**
 * `secret`: asked for on the terminal, twice and without showing it; where standard input is no terminal, its first line.
 * `data`: all of standard input, as base64, when the flag of that name is given.
 */
export type InputSource = {readonly as: 'secret'; readonly prompt: string} | {readonly as: 'data'; readonly whenFlag: string; readonly maxBytes: number}

export type CompletionSource = 'vmid' | 'storage' | 'volume' | 'node' | 'bridge' | 'upid' | 'file' | 'snapshot' | 'context' | 'host' | 'new'

/**
 * Under this name a PropertyFormat lists sub-properties that Proxmox VE has and we do not have yet. They are refused with their reason.
 * `offAsksNothing`: a switch whose `0` is what happens anyway; that is passed over.
 */
export const notBuiltYet: unique symbol = Symbol('not built yet')

export type PropertyFormat = {
  readonly [name: string]: ValueSchema
  readonly [notBuiltYet]?: {readonly [name: string]: {readonly reason: string; readonly offAsksNothing?: boolean}}
}

/** Parameters by name. A key such as `net[n]` stands for net0, net1, … within its `index`. */
export type Params = {readonly [name: string]: ValueSchema}

type Primitive<S extends ValueSchema> =
  S extends {enum: readonly (infer E)[]} ? E
    : S extends {type: 'integer' | 'number'} ? number
      : S extends {type: 'boolean'} ? boolean
        : S extends {type: 'array'; items: infer I extends ValueSchema} ? Primitive<I>[]
          : S extends {type: 'array'} ? string[]
            : S extends {type: 'object'} ? Record<string, unknown>
              : string

type FamilyKey<K> = K extends `${infer Base}[n]` ? `${Base}${number}` : never
type PlainKey<K> = K extends `${string}[n]` ? never : K extends string ? K : never
type RequiredKey<P extends Params> = {[K in keyof P]: P[K] extends {optional: true} | {default: string | number | boolean} ? never : PlainKey<K>}[keyof P]
/** Parameters that a handler gets by another way than its parameters. */
type InputKey<P extends Params> = {[K in keyof P]: P[K] extends {fromInput: InputSource} ? K : never}[keyof P]

/** What a handler gets for parameters described by P. A default does not fill the value in unless the spec says so. */
export type Values<P extends Params> =
  {readonly [K in RequiredKey<P>]: Primitive<P[K]>}
  & {readonly [K in Exclude<PlainKey<keyof P>, RequiredKey<P> | InputKey<P>>]?: Primitive<P[K]> | undefined}
  & {readonly [K in keyof P as FamilyKey<K>]?: Primitive<P[K]> | undefined}
