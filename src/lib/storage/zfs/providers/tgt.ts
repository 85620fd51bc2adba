// tgt, the iSCSI target in user space, by tgtadm. It forgets its LUNs when it ends; whoever uses a volume exports it again, by the number that the
// volume remembers.
import {ConflictError, ToolError} from '../../../base/index.ts'
import type {ExportedLun, LunProvider, RunOnServer} from './provider.ts'

const tgtadm = ['tgtadm', '--lld', 'iscsi'] as const

export const tgt: LunProvider = {
  luns: async ({target}, run) => (await findTarget(target, run))?.luns,
  add: async ({target}, run, {lun, device, isReadOnly}) => {
    const tid = await targetNumber(target, run)
    await run([...tgtadm, '--op', 'new', '--mode', 'logicalunit', '--tid', tid, '--lun', String(lun), '--backing-store', device])
    if (isReadOnly) await run([...tgtadm, '--op', 'update', '--mode', 'logicalunit', '--tid', tid, '--lun', String(lun), '--params', 'readonly=1'])
    else await run([...tgtadm, '--op', 'update', '--mode', 'logicalunit', '--tid', tid, '--lun', String(lun), '--params', 'thin_provisioning=1'])
  },
  remove: ({target}, run, {lun}) => removeLun(target, run, lun),
  resized: async (options, run, exported) => {
    // tgt asks a device for its size once.
    await removeLun(options.target, run, exported.lun)
    await tgt.add(options, run, {lun: exported.lun, device: exported.device, name: exported.unit, isReadOnly: false})
  },
  shown: (_options, change, {device}) => {
    const remove = [...tgtadm, '--op', 'delete', '--mode', 'logicalunit', '--tid', 'TID', '--lun', 'LUN']
    const add = [...tgtadm, '--op', 'new', '--mode', 'logicalunit', '--tid', 'TID', '--lun', 'LUN', '--backing-store', device]
    return change === 'add' ? [add] : change === 'remove' ? [remove] : [remove, add]
  },
}

async function removeLun(target: string, run: RunOnServer, lun: number): Promise<void> {
  try {
    await run([...tgtadm, '--op', 'delete', '--mode', 'logicalunit', '--tid', await targetNumber(target, run), '--lun', String(lun)])
  } catch (error) {
    if (error instanceof ToolError && /still active|in use|busy/i.test(error.failure.stderr)) throw new ConflictError(`LUN ${lun} of the iSCSI target '${target}' is in use`, {cause: error})
    throw error
  }
}

async function findTarget(target: string, run: RunOnServer): Promise<TgtTarget | undefined> {
  return parseTgtTargets(await run([...tgtadm, '--op', 'show', '--mode', 'target'])).find(({name}) => name === target)
}

async function targetNumber(target: string, run: RunOnServer): Promise<string> {
  return String((await findTarget(target, run))?.tid ?? 0)
}

export interface TgtTarget { readonly tid: number; readonly name: string; readonly luns: readonly ExportedLun[] }

/** The report of `tgtadm --op show --mode target`. LUNs without a backing store, such as the controller, have the device ''. Pure. */
export function parseTgtTargets(text: string): TgtTarget[] {
  const targets: {tid: number; name: string; luns: ExportedLun[]}[] = []
  for (const line of text.split('\n')) {
    const [, tid, name] = /^Target (\d{1,9}): (\S{1,223})\s*$/.exec(line) ?? []
    if (tid !== undefined && name !== undefined) targets.push({tid: Number(tid), name, luns: []})
    const current = targets.at(-1)
    const lun = /^\s{1,20}LUN: (\d{1,5})\s*$/.exec(line)?.[1]
    if (lun !== undefined) current?.luns.push({lun: Number(lun), device: '', unit: lun})
    const device = /^\s{1,20}Backing store path: (\/\S{0,1000})\s*$/.exec(line)?.[1]
    const last = current?.luns.at(-1)
    if (device !== undefined && current !== undefined && last !== undefined) current.luns[current.luns.length - 1] = {...last, device}
  }
  return targets
}
