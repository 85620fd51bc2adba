// Runs commands as the command line does (parameters checked by the spec, locks, journal), in this process and on a real store and a
// real directory storage in a temporary folder.
import {readdir} from 'node:fs/promises'
import {join} from 'node:path'
import {catalog} from '../../../../../src/lib/catalog.ts'
import {checkParams} from '../../../../../src/lib/spec/index.ts'
import {runHandler} from '../../../../../src/lib/tasks/index.ts'
import type {Context, Outcome} from '../../../../../src/lib/tasks/index.ts'
import {installation} from '../../../tasks/demo/installation.ts'
import type {Installation} from '../../../tasks/demo/installation.ts'

export async function machineRoom(options: {readonly workerPath?: string} = {}): Promise<Installation> {
  return installation({catalog, ...options})
}

/** The outcome of a command: `await qm('set', {vmid: 100, cores: '2'}, context)`. */
export async function outcomeOf(command: string, input: Readonly<Record<string, unknown>>, context: Context, options: {readonly dryRun?: boolean} = {}): Promise<Outcome> {
  const entry = catalog.commands[`qm ${command}`]
  if (entry === undefined) throw new Error(`there is no qm ${command}`)
  const [{spec}, {handler}] = await Promise.all([entry.spec(), entry.handler()])
  return runHandler(handler, checkParams(spec.params, input), context, options)
}

/** The result of a command. */
export async function qm(command: string, input: Readonly<Record<string, unknown>>, context: Context): Promise<unknown> {
  const outcome = await outcomeOf(command, input, context)
  return outcome.outcome === 'done' ? outcome.result : undefined
}

/** What a command prints. */
export async function textOf(command: string, input: Readonly<Record<string, unknown>>, context: Context): Promise<readonly string[]> {
  const {handler} = await (catalog.commands[`qm ${command}`]?.handler() ?? Promise.reject(new Error(`there is no qm ${command}`)))
  const result = await qm(command, input, context)
  if (handler.handles === 'change' || handler.text === undefined) throw new Error(`qm ${command} has no words of its own`)
  return handler.text(result as never)
}

/** The text of a guest's file in the store. */
export async function storedConfig(vmid: number, context: Context): Promise<string | undefined> {
  return (await context.store.read(`nodes/h1/qemu-server/${vmid}.conf`))?.data
}

/** One key of it. */
export async function storedKey(vmid: number, key: string, context: Context): Promise<string | undefined> {
  return new RegExp(`^${key}: (.*)$`, 'm').exec((await storedConfig(vmid, context))?.split('\n[')[0] ?? '')?.[1]
}

/** The disk images of all guests on the storage `local`, as `100/vm-100-disk-0.raw`. */
export async function images({root}: Installation): Promise<string[]> {
  const folder = join(root, 'lib/vz/images')
  const guests = await readdir(folder).catch(() => [])
  const names = await Promise.all(guests.map(async (guest) => (await readdir(join(folder, guest))).map((name) => `${guest}/${name}`)))
  return names.flat().sort()
}
