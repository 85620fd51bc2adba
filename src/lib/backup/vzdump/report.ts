// The report of a run, for a mail and the last line of the log. Pure.
import {errorChain, printable} from '../../base/index.ts'
import {renderBytes, renderDuration} from '../../spec/render.ts'
import type {BackupOutcome} from './guest-backup.ts'

export interface RunReport {
  readonly node: string
  readonly outcomes: readonly BackupOutcome[]
  /** What ended the run as a whole. */
  readonly failure?: string
  readonly seconds: number
}

export function hasFailed({outcomes, failure}: RunReport): boolean {
  return failure !== undefined || outcomes.some(({isDone}) => !isDone)
}

export function reportSubject(report: RunReport): string {
  const failed = report.outcomes.filter(({isDone}) => !isDone).length
  const how = report.failure !== undefined ? 'failed' : failed > 0 ? `${failed} of ${report.outcomes.length} failed` : 'successful'
  return `backup on ${report.node}: ${how}`
}

const maxLogBytes = 512 * 1024

export function reportText(report: RunReport): string {
  const rows = report.outcomes.map(({vmid, name, isDone, seconds, sizeBytes, archive}) => [
    String(vmid), printable(name), isDone ? 'ok' : 'FAILED', renderDuration(seconds), sizeBytes === undefined ? '-' : renderBytes(sizeBytes, 2), archive ?? '-',
  ])
  const all = [['VMID', 'NAME', 'STATUS', 'TIME', 'SIZE', 'FILE'], ...rows]
  const widths = all[0]?.map((_title, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? []
  const table = all.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd())
  const errors = report.outcomes.flatMap(({vmid, error}) => (error === undefined ? [] : [`${vmid}: ${errorChain(error).join(': ')}`]))
  const parts = [
    ...report.failure === undefined ? [] : [report.failure], ...table, `Total time: ${renderDuration(report.seconds)}`,
    ...errors.length === 0 ? [] : ['', 'What failed:', ...errors], '', 'Logs:', '',
    ...report.outcomes.flatMap(({vmid, log}) => [`${vmid}:`, ...log.trimEnd().split('\n').map((line) => `  ${line}`), '']),
  ]
  const text = parts.join('\n')
  return text.length <= maxLogBytes ? `${text}\n` : `${text.slice(0, maxLogBytes)}\n… the rest is in the logs beside the archives.\n`
}
