// The guests of this node that are meant by `pvenode startall` and `stopall`, with what they wish for. Looks and changes nothing.
import {InvalidInputError} from '../base/index.ts'
import {splitList} from '../spec/index.ts'
import type {Context} from '../tasks/index.ts'
import type {GuestWishes} from './startup-order.ts'

/** @param vms a list of VMIDs (`100,102`): only these. @throws InvalidInputError for one that is none; NotFoundError naming those that are not here */
export async function guestsOfNode(vms: string | undefined, context: Context): Promise<(GuestWishes & {readonly isTemplate: boolean; readonly isRunning: boolean})[]> {
  const [{listGuestFiles, isYes}, {parseQemuConfig}, {runningGuests}] = await Promise.all([
    import('./qemu/guest-files.ts'), import('./qemu/config/config-file.ts'), import('./qemu/runtime/status.ts'),
  ])
  const wanted = vms === undefined ? undefined : new Set(splitList(vms).map(vmidOf))
  const running = new Set(await runningGuests(context))
  const files = await listGuestFiles(context)
  const missing = [...wanted ?? []].filter((vmid) => !files.some((file) => file.vmid === vmid))
  if (missing.length > 0) context.log.warn(`not on this node and left out: ${missing.join(', ')}`)
  return files.filter(({vmid}) => wanted?.has(vmid) ?? true).map(({vmid, file}) => {
    // What is wrong with a file is told by the start or shutdown of that guest.
    const {values} = parseQemuConfig(file.data, {warn: () => undefined}).current
    return {vmid, kind: 'qemu', onboot: values['onboot'], startup: values['startup'], isTemplate: isYes(values['template']), isRunning: running.has(vmid)}
  })
}

function vmidOf(text: string): number {
  const vmid = Number(text)
  if (/^\d{1,9}$/.test(text) && vmid >= 100) return vmid
  throw new InvalidInputError(`'${text.slice(0, 40)}' is no VMID`, {vms: `names '${text.slice(0, 40)}', which is no VMID`})
}
