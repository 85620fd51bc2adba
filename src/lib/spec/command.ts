// What a command is: one record of data from which the command line, man pages, completions, validation and the REST API are
// derived. Handlers stand beside their spec in <name>.handler.ts and are loaded only when they run (catalog.ts).
import type {Params, ValueSchema, Values} from './schema.ts'

/**
 * read: looks, changes nothing; change: short, done by the process that was called; task: a detached worker with a UPID and a log;
 * interactive: owns the caller's terminal.
 */
export type CommandKind = 'read' | 'change' | 'task' | 'interactive'

/** How a result becomes text when stdout is not asked for json or yaml. */
export type TextOutput =
  | {readonly as: 'none'}
  /** The result is a string or a list of lines. */
  | {readonly as: 'lines'}
  /** The result is data of any form: a single value as it is, an object or list as indented JSON, an empty object as nothing. */
  | {readonly as: 'data'; /** Only this property of it. */ readonly of?: string}
  /** The result is an object: `key: value` a line, keys sorted unless `order` is given. */
  | {readonly as: 'fields'; readonly order?: readonly string[]}
  /** The result is a list of objects. `isSilentWhenEmpty`: an empty list prints nothing, not even the headers, as `qm list` does. */
  | {readonly as: 'table'; readonly columns: readonly Column[]; readonly style?: 'plain' | 'bordered'; readonly isSilentWhenEmpty?: boolean}

export interface Column {
  readonly key: string
  readonly header: string
  /** Least width when stdout is not a terminal, as Proxmox VE pads it. */
  readonly width?: number
  readonly align?: 'left' | 'right'
  /** bytes-mib: whole MiB; bytes-gib: GiB with two digits; timestamp, duration, percent, bytes as spec/formats renders them; words: the texts in a list or an object, with blanks between. */
  readonly unit?: 'words' | 'bytes-mib' | 'bytes-gib' | 'bytes-kib' | 'bytes' | 'timestamp' | 'duration' | 'percent'
  /** Never cut on a terminal: a name that is copied from there (a UPID). Where there is no room for it, the line is longer than the terminal. */
  readonly isKeptWhole?: boolean
  /** The column is not there when no row has a value for it. */
  readonly isLeftOutWhenEmpty?: boolean
  /** Shown for a value that is absent. */
  readonly absent?: string
}

export interface CommandSpec<P extends Params = Params> {
  /** Tool and command words: `qm guest exec`. */
  readonly id: string
  readonly summary: string
  /** Paragraphs for the man page, in Markdown. */
  readonly description?: string
  readonly api?: {readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'; readonly path: string}
  readonly params: P
  /** Positional parameters in their order; the last may be `extra-args`, which takes all that is left. */
  readonly args: readonly string[]
  /** Parameters that the command sets itself and that cannot be given on its command line. */
  readonly fixed?: Readonly<Record<string, string | number | boolean>>
  readonly returns: ValueSchema
  readonly output: TextOutput
  readonly kind: CommandKind
  /** A task that the called process carries out itself, on its own streams, when this parameter has this value: an archive that comes on standard input. */
  readonly interactiveWith?: {readonly param: string; readonly value: string | boolean}
  /** The type in the UPID of a task (`qmstart`), the parameter that names its object, and the types that it has with certain flags. */
  readonly task?: {
    readonly type: string; readonly id?: string; readonly typeWith?: Readonly<Record<string, string>>
    /** The parameter that says for how many seconds the caller waits for the end; after that it is given the task's id, and the task goes on. */
    readonly patience?: string
  }
  /**
   * client: always the machine on which the words were typed; caller: any host of the installation (a change of the shared configuration);
   * node: the host that is meant; guest-node: the host of the guest.
   */
  readonly runsOn: 'client' | 'caller' | 'node' | 'guest-node'
  readonly needs: {readonly path: string; readonly privilege: string} | 'root' | 'anyone'
  /** Takes --output-format and its companions (Proxmox VE's table of formatOptions). Every command takes --output-format. */
  readonly aliases?: readonly string[]
  /** Accepted and carried out as a plan, so `--dry-run` exists. Follows from kind 'change' and 'task' unless said otherwise. */
  readonly dryRun?: boolean
  /** Exit codes beyond the common table (architecture, "what a user may rely on"). */
  readonly exitStatus?: readonly {readonly code: number; readonly meaning: string}[]
  readonly files?: readonly string[]
  readonly environment?: readonly {readonly name: string; readonly meaning: string}[]
  /** Command lines that work, each with a word of what it does. */
  readonly examples: readonly {readonly line: string; readonly meaning: string}[]
  readonly seeAlso?: readonly string[]
}

/** Keeps the literal types of a spec, so that handlers get typed parameters. */
export function defineCommand<const P extends Params>(spec: CommandSpec<P>): CommandSpec<P> {
  return spec
}

/** The command as it is run with these parameters: of the kind that `interactiveWith` makes it, and then without a task whose id it could give. */
export function specWith(spec: CommandSpec, params: Readonly<Record<string, unknown>>): CommandSpec {
  const {interactiveWith: when} = spec
  return when === undefined || params[when.param] !== when.value ? spec : {...spec, kind: 'interactive', dryRun: true, returns: {type: 'null'}}
}

/** The values that a handler of this spec receives. */
export type ParamsOf<S> = S extends CommandSpec<infer P> ? Values<P> : never
