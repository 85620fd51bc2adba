// Lets a guest's name stand where a command takes a VMID: the one place where names become numbers, before anything is checked.
import type {CommandSpec} from '../spec/index.ts'
import {commandLog} from './command-log.ts'
import type {Surroundings} from './surroundings.ts'

/**
 * The parameters with names of guests replaced by their VMIDs.
 * @throws NotFoundError, InvalidInputError as findVmidByName
 */
export async function withGuestNumbers(spec: CommandSpec, params: Readonly<Record<string, unknown>>, surroundings: Surroundings): Promise<Readonly<Record<string, unknown>>> {
  const names = namedGuests(spec, params)
  if (names.length === 0) return params
  const services = await surroundings.services()
  const log = commandLog(surroundings.streams.stderr)
  return services.withContext({log, signal: surroundings.signal}, async ({store}) => {
    const {findVmidByName} = await import('../guest/guest-names.ts')
    const found = await Promise.all(names.map(async ({arg, value}) => [arg, await findVmidByName(value, store) ?? value] as const))
    return {...params, ...Object.fromEntries(found)}
  })
}

/** The arguments that hold a word where a VMID is wanted. */
export function namedGuests(spec: CommandSpec, params: Readonly<Record<string, unknown>>): {readonly arg: string; readonly value: string}[] {
  return spec.args.flatMap((arg) => {
    const [value, schema] = [params[arg], spec.params[arg]]
    // Lists of VMIDs are numbers alone, as in Proxmox VE.
    return schema?.completion === 'vmid' && schema.type === 'integer' && typeof value === 'string' && !/^\d+$/.test(value) ? [{arg, value}] : []
  })
}
