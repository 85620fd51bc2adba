// The guests of this node that are meant by `pvenode startall` and `stopall`, with what they wish for. Looks and changes nothing.
import {InvalidInputError} from '../base/index.ts'
import {splitList} from '../spec/index.ts'
import type {StoredFile} from '../store/index.ts'
import type {Context} from '../tasks/index.ts'
import type {GuestConfig} from './guest-config.ts'
import type {GuestWishes} from './startup-order.ts'

export interface GuestOfNode extends GuestWishes {
  readonly isTemplate: boolean
  readonly isRunning: boolean
}

/** What a type of guests gives for this. */
interface Source {
  readonly kind: GuestWishes['kind']
  readonly files: readonly {readonly vmid: number; readonly file: StoredFile}[]
  readonly running: readonly number[]
  readonly parse: (text: string, options: {readonly warn: () => undefined}) => GuestConfig
}

/** The program whose commands are for a type of guests. */
export const toolOf = {qemu: 'qm', lxc: 'pct'} as const satisfies Record<GuestWishes['kind'], string>

/** @param vms a list of VMIDs (`100,102`): only these. @throws InvalidInputError for one that is none; NotFoundError naming those that are not here */
export async function guestsOfNode(vms: string | undefined, context: Context): Promise<GuestOfNode[]> {
  const {isYes} = await import('./guest-files.ts')
  const wanted = vms === undefined ? undefined : new Set(splitList(vms).map(vmidOf))
  const sources = await Promise.all([machines(context), containers(context)])
  const missing = [...wanted ?? []].filter((vmid) => !sources.some(({files}) => files.some((file) => file.vmid === vmid)))
  if (missing.length > 0) context.log.warn(`not on this node and left out: ${missing.join(', ')}`)
  return sources.flatMap(({kind, files, running, parse}) => files.filter(({vmid}) => wanted?.has(vmid) ?? true).map(({vmid, file}) => {
    // What is wrong with a file is told by the start or shutdown of that guest.
    const {values} = parse(file.data, {warn: () => undefined}).current
    return {vmid, kind, onboot: values['onboot'], startup: values['startup'], isTemplate: isYes(values['template']), isRunning: running.includes(vmid)}
  }))
}

async function machines(context: Context): Promise<Source> {
  const [{listGuestFiles}, {parseQemuConfig}, {runningGuests}] = await Promise.all([
    import('./qemu/guest-files.ts'), import('./qemu/config/config-file.ts'), import('./qemu/runtime/status.ts'),
  ])
  return {kind: 'qemu', files: await listGuestFiles(context), running: await runningGuests(context), parse: parseQemuConfig}
}

async function containers(context: Context): Promise<Source> {
  const [{listContainerFiles}, {parseLxcConfig}, {runningContainers}] = await Promise.all([
    import('./lxc/kind.ts'), import('./lxc/config/config-file.ts'), import('./lxc/runtime/status.ts'),
  ])
  return {kind: 'lxc', files: await listContainerFiles(context), running: await runningContainers(context), parse: parseLxcConfig}
}

function vmidOf(text: string): number {
  const vmid = Number(text)
  if (/^\d{1,9}$/.test(text) && vmid >= 100) return vmid
  throw new InvalidInputError(`'${text.slice(0, 40)}' is no VMID`, {vms: `names '${text.slice(0, 40)}', which is no VMID`})
}
