// The files of names that completion reads: what they are called, how their lines look, and which lines are good enough to be offered
// at a prompt. Shells read them with their builtins, so every field is plain: no control characters, no blanks in what is inserted.
// docs/completion.md describes them for whoever writes or reads them. Pure.
import {printable} from '../base/index.ts'

/**
 * guests     VMID  NAME  qemu|lxc  NODE
 * storages   STORAGE  TYPE  PATH
 * volumes    VOLUME-ID  VMID
 * snapshots  VMID  SNAPSHOT
 * nodes      NODE
 * bridges    BRIDGE            only of hosts that are reached over SSH: here the kernel is asked
 * tasks      UPID  STATUS      newest first; the others are sorted by their bytes
 */
export const nameFiles = ['guests', 'storages', 'volumes', 'snapshots', 'nodes', 'bridges', 'tasks'] as const
export type NameFile = (typeof nameFiles)[number]

/** The text of each file that there is. */
export type Names = Readonly<Partial<Record<NameFile, string>>>

/** Of one file. A larger one is cut, since nobody chooses from so many. */
export const maxNamesBytes = 4 * 1024 * 1024
const maxFieldLength = 250
/** A number above any that is given by hand, and the form's version. */
const header = /^#corral-names 1 (0|[1-9]\d{0,15})$/

const storageWord = /^[a-zA-Z][a-zA-Z0-9._-]*$/
const nameWord = /^[a-zA-Z0-9][a-zA-Z0-9._-]*$/
const vmidWord = /^[1-9]\d{2,8}$/
/** What a shell needs no quotes for, so that every shell takes it as it is. Volumes with stranger names are typed by hand. */
const volumeWord = /^[a-zA-Z][a-zA-Z0-9._-]*:[a-zA-Z0-9._+@%/-]+$/
const upidWord = /^UPID:[a-zA-Z0-9:._@+!-]+$/
const pathText = /^(?:\/[^\p{Cc}]*|)$/u
const anyText = /^[^\p{Cc}]*$/u

/** By file, what each field of a line has to look like. */
const fields: Readonly<Record<NameFile, readonly RegExp[]>> = {
  guests: [vmidWord, anyText, /^(?:qemu|lxc)$/, nameWord],
  storages: [storageWord, nameWord, pathText],
  volumes: [volumeWord, vmidWord],
  snapshots: [vmidWord, nameWord],
  nodes: [nameWord],
  bridges: [nameWord],
  tasks: [upidWord, anyText],
}

/** A line of these fields; undefined when one of them is not fit to be offered. What is only shown is made printable. */
export function nameLine(file: NameFile, values: readonly string[]): string | undefined {
  const patterns = fields[file]
  const clean = values.map((value) => printable(value))
  const isGood = clean.length === patterns.length && clean.every((value, index) => value.length <= maxFieldLength && patterns[index]?.test(value) === true)
  return isGood ? clean.join('\t') : undefined
}

/** The text of a file: its lines, each once, cut where they become too many. */
export function namesText(file: NameFile, lines: Iterable<string>, revision: number): string {
  const unique = [...new Set(lines)]
  // By bytes, which is how shells look for the first one that begins with a word.
  const ordered = file === 'tasks' ? unique : unique.sort((a, b) => (a < b ? -1 : 1))
  const text = [`#corral-names 1 ${revision}`, ...ordered, ''].join('\n')
  if (Buffer.byteLength(text) <= maxNamesBytes) return text
  const cut = Buffer.from(text).subarray(0, maxNamesBytes).toString('utf8')
  return cut.slice(0, cut.lastIndexOf('\n') + 1)
}

export interface ReadNames {
  /** Of the store, whose names these are. */
  readonly revision: number
  readonly lines: readonly string[]
}

/**
 * The lines of a file that may come from anywhere: those that are not right are left out.
 * @returns undefined when it is no file of names, or one of a later form
 */
export function readNamesText(file: NameFile, text: string): ReadNames | undefined {
  const [first = '', ...rest] = text.slice(0, maxNamesBytes).split('\n')
  const revision = header.exec(first)?.[1]
  if (revision === undefined) return undefined
  return {revision: Number(revision), lines: rest.filter((line) => line !== '' && nameLine(file, line.split('\t')) === line)}
}
