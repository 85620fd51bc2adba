// The snapshots of a guest as a tree, from what each stands on. Pure. A damaged file, in which they stand on each other in a circle or on
// something that is gone, still shows every snapshot once.
import type {GuestConfig} from '../guest-config.ts'

export interface ListedSnapshot {
  readonly name: string
  readonly description: string
  /** Seconds since 1970; absent for the state that is in force. */
  readonly snaptime?: number
  readonly parent?: string
  /** 1: with the state of the running machine. */
  readonly vmstate?: 0 | 1
  /** Half taken or half removed. */
  readonly snapstate?: string
  /** Of the state in force: whether the machine runs, and the digest of its configuration. */
  readonly running?: 0 | 1
  readonly digest?: string
}

/** Every snapshot, oldest first, then the state in force under the name `current`. */
export function listSnapshots(config: GuestConfig, now: {readonly isRunning: boolean; readonly digest: string}): ListedSnapshot[] {
  const listed = Object.entries(config.snapshots).map(([name, {values, description}]): ListedSnapshot => ({
    name, description: description ?? '', snaptime: /^\d{1,15}$/.test(values['snaptime'] ?? '') ? Number(values['snaptime']) : 0,
    vmstate: values['vmstate'] === undefined ? 0 : 1,
    ...(values['parent'] === undefined ? {} : {parent: values['parent']}),
    ...(values['snapstate'] === undefined ? {} : {snapstate: values['snapstate']}),
  }))
  const {parent} = config.current.values
  const current: ListedSnapshot = {
    name: 'current', description: 'You are here!', running: now.isRunning ? 1 : 0, digest: now.digest, ...(parent === undefined ? {} : {parent}),
  }
  return [...listed.sort(byTime), current]
}

/** Lines such as "`-> before-upgrade  2026-11-23 01:05:09  before the upgrade", those that stand on others further in. */
export function treeLines(snapshots: readonly ListedSnapshot[]): string[] {
  const names = new Set(snapshots.map(({name}) => name))
  const left = new Set(snapshots)
  const rows: {readonly label: string; readonly snapshot: ListedSnapshot}[] = []
  const add = (snapshot: ListedSnapshot, depth: number) => {
    if (!left.delete(snapshot)) return
    rows.push({label: `${'  '.repeat(depth)}\`-> ${snapshot.name}`, snapshot})
    for (const child of snapshots) if (child.parent === snapshot.name && child.name !== 'current') add(child, depth + 1)
    for (const child of snapshots) if (child.parent === snapshot.name && child.name === 'current') add(child, depth + 1)
  }
  for (const root of snapshots.filter(({parent}) => parent === undefined || !names.has(parent))) add(root, 0)
  for (const snapshot of snapshots) add(snapshot, 0)
  const width = Math.max(...rows.map(({label}) => label.length))
  return rows.map(({label, snapshot}) => `${label.padEnd(width)}  ${timeText(snapshot.snaptime)}  ${summary(snapshot)}`.trimEnd())
}

function byTime(a: ListedSnapshot, b: ListedSnapshot): number {
  return (a.snaptime ?? 0) - (b.snaptime ?? 0) || (a.name < b.name ? -1 : 1)
}

function timeText(seconds: number | undefined): string {
  if (seconds === undefined || seconds > 8_640_000_000_000) return ' '.repeat(19)
  const time = new Date(seconds * 1000)
  const two = (number: number) => String(number).padStart(2, '0')
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`
}

/** The first line of the description, and what is unusual. */
function summary({description, vmstate, snapstate}: ListedSnapshot): string {
  const notes = [...(vmstate === 1 ? ['with RAM'] : []), ...(snapstate === undefined ? [] : [`incomplete: ${snapstate}`])]
  return [description.split('\n', 1)[0] ?? '', ...(notes.length === 0 ? [] : [`(${notes.join(', ')})`])].filter((part) => part !== '').join(' ')
}
