// Which volume groups a host has, and which thin pools are in one (lvmreport(7)).
import {NotFoundError, ToolError} from '../../base/index.ts'
import type {Context} from '../../tasks/index.ts'
import {jsonReport} from '../lvm-report.ts'
import {askProgram} from './ask-program.ts'

export interface VolumeGroupName { readonly vg: string }
export interface ThinPoolName { readonly lv: string }

/** Descriptors that our caller left open are no concern of lvm2's, which would complain of them. */
const options = {env: {LVM_SUPPRESS_FD_WARNINGS: '1'}}
const report = [...jsonReport, '-o'] as const

/** @throws UnavailableError when lvm2 is not installed or does not answer */
export async function scanLvm(context: Pick<Context, 'host' | 'signal'>): Promise<VolumeGroupName[]> {
  const argv = ['vgs', ...report, 'vg_name']
  const {stdout: text} = await askProgram({argv, package: 'lvm2', asked: 'the host', options}, context)
  return reportRows(text, 'vg', {host: context.host.name, argv}).map((row) => ({vg: row['vg_name'] ?? ''})).filter(({vg}) => vg !== '')
}

/** @throws NotFoundError when there is no such group; UnavailableError as above */
export async function scanLvmThin(group: string, context: Pick<Context, 'host' | 'signal'>): Promise<ThinPoolName[]> {
  const argv = ['lvs', ...report, 'lv_name,segtype', '--', group]
  try {
    const {stdout: text} = await askProgram({argv, package: 'lvm2', asked: 'the host', options}, context)
    const pools = reportRows(text, 'lv', {host: context.host.name, argv}).filter((row) => row['segtype'] === 'thin-pool')
    return pools.map((row) => ({lv: row['lv_name'] ?? ''})).filter(({lv}) => lv !== '')
  } catch (error) {
    if (!(error instanceof ToolError) || !/not found|Cannot process volume group/.test(error.failure.stderr)) throw error
    throw new NotFoundError(`the host has no volume group '${group}'`, {cause: error, nextSteps: ['See which there are: pvesm scan lvm']})
  }
}

/** Pure. @throws ToolError when it is not what lvm2 writes */
export function reportRows(text: string, kind: 'lv' | 'vg', {host, argv}: {readonly host: string; readonly argv: readonly string[]}): Readonly<Record<string, string>>[] {
  const strange = (cause?: unknown) => new ToolError(`${argv[0] ?? 'lvm'} answered with something that is no report`, {host, argv, exitCode: 0, stderr: '', cause})
  try {
    const {report: parts} = JSON.parse(text) as {report: readonly Readonly<Record<string, unknown>>[]}
    const rows = parts.flatMap((part) => part[kind] ?? [])
    if (rows.every(isRowOfTexts)) return rows
  } catch (error) {
    throw strange(error)
  }
  throw strange()
}

function isRowOfTexts(row: unknown): row is Readonly<Record<string, string>> {
  return typeof row === 'object' && row !== null && Object.values(row).every((value) => typeof value === 'string')
}
