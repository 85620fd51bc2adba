// docs/refused.json: what Proxmox VE's qm has and Corral refuses by name. The list may only shrink: what is refused no more falls out of it when files
// are generated, and nothing ever comes in (test/unit/cli/refused-list.test.ts fails when there is more than it says).
import {existsSync, readFileSync} from 'node:fs'
import path from 'node:path'
import type {Params} from '../spec/index.ts'
import {notBuiltYet} from '../spec/index.ts'
import {qemuConfigParams} from '../guest/qemu/config/index.ts'
import type {GeneratedFile} from '../spec/generate/generated-file.ts'
import {productRoot} from './version.ts'

export interface RefusedList {
  /** Sub-properties of keys of qm.conf, as `net[n].firewall`. */
  readonly keys: readonly string[]
  /** Options of commands, as `qm create --archive`. */
  readonly options: readonly string[]
}

const listPath = 'docs/refused.json'

/** What is refused today. */
export function refusedNow(): RefusedList {
  const keys = Object.entries<Params[string]>(qemuConfigParams).flatMap(([name, {format}]) => (
    typeof format === 'object' ? Object.keys(format[notBuiltYet] ?? {}).map((property) => `${name}.${property}`) : []
  ))
  const missing = JSON.parse(readFileSync(path.join(productRoot, 'docs/surface-todo.json'), 'utf8')) as Record<string, object>
  const options = Object.entries(missing).filter(([command]) => command.startsWith('qm ')).flatMap(([command, named]) => Object.keys(named).map((option) => `${command} ${option}`))
  return {keys: keys.sort(), options: options.sort()}
}

/** What was refused when files were generated last; undefined where there is no such list yet. */
export function refusedBefore(): RefusedList | undefined {
  const file = path.join(productRoot, listPath)
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) as RefusedList : undefined
}

export function refusedFile(): GeneratedFile {
  const [now, before] = [refusedNow(), refusedBefore()]
  const still = (what: keyof RefusedList) => now[what].filter((name) => before === undefined || before[what].includes(name))
  return {path: listPath, content: `${JSON.stringify({keys: still('keys'), options: still('options')}, undefined, 2)}\n`}
}
