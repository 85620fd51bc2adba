// COMSTAR, the target of illumos, by stmfadm(8). Written after its manual; it has not been tried on a server.
import type {ZfsIscsiOptions} from '../options.ts'
import type {ExportedLun, LunProvider, RunOnServer} from './provider.ts'

export const comstar: LunProvider = {
  luns: async (_options, run) => {
    const found: ExportedLun[] = []
    for (const {unit, device} of parseUnits(await run(['stmfadm', 'list-lu', '-v']))) {
      const lun = parseView(await run(['stmfadm', 'list-view', '-l', unit]))
      if (lun !== undefined) found.push({lun, device, unit})
    }
    return found
  },
  add: async (options, run, {lun, device, isReadOnly}) => {
    await run(createArgv(options, device, isReadOnly))
    const unit = await unitOf(device, run)
    if (unit !== undefined) await run(viewArgv(options, unit, String(lun)))
  },
  remove: async (_options, run, {unit}) => { await run(['stmfadm', 'delete-lu', unit]) },
  resized: async (_options, run, {unit}, sizeBytes) => { await run(['stmfadm', 'modify-lu', '-s', String(sizeBytes), unit]) },
  shown: (options, change, {device}) => {
    if (change === 'remove') return [['stmfadm', 'delete-lu', 'UNIT']]
    return change === 'resize' ? [['stmfadm', 'modify-lu', '-s', 'SIZE', 'UNIT']] : [createArgv(options, device, false), viewArgv(options, 'UNIT', 'LUN')]
  },
}

function createArgv({hasWriteCache}: ZfsIscsiOptions, device: string, isReadOnly: boolean): string[] {
  return ['stmfadm', 'create-lu', '-p', `wcd=${!hasWriteCache}`, ...isReadOnly ? ['-p', 'wp=true'] : [], device]
}

function viewArgv({hostGroup, targetGroup}: ZfsIscsiOptions, unit: string, lun: string): string[] {
  return ['stmfadm', 'add-view', ...hostGroup === undefined ? [] : ['-h', hostGroup], ...targetGroup === undefined ? [] : ['-t', targetGroup], '-n', lun, unit]
}

async function unitOf(device: string, run: RunOnServer): Promise<string | undefined> {
  return parseUnits(await run(['stmfadm', 'list-lu', '-v'])).find((each) => each.device === device)?.unit
}

/** The report of `stmfadm list-lu -v`: `LU Name: 600144F0…`, then lines of its properties, `Data File : /dev/zvol/rdsk/tank/…` among them. Pure. */
export function parseUnits(text: string): {readonly unit: string; readonly device: string}[] {
  const units: {unit: string; device: string}[] = []
  for (const line of text.split('\n')) {
    const unit = /^LU Name: ([0-9A-Za-z]{1,64})\s*$/.exec(line)?.[1]
    if (unit !== undefined) units.push({unit, device: ''})
    const device = /^\s{1,20}Data File\s{0,20}: (\/\S{0,1000})\s*$/.exec(line)?.[1]
    const last = units.at(-1)
    if (device !== undefined && last !== undefined) last.device = device
  }
  return units
}

/** The number in the first view of `stmfadm list-view -l`; undefined when there is none. Pure. */
export function parseView(text: string): number | undefined {
  const lun = /^[ \t]{0,20}LUN[ \t]{0,20}: (\d{1,5})[ \t]{0,20}$/m.exec(text)?.[1]
  return lun === undefined ? undefined : Number(lun)
}
