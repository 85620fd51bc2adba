// Shows a container's configuration.
import {InvalidInputError, NotFoundError} from '../../../base/index.ts'
import {handleRead} from '../../../tasks/index.ts'
import {encodeText} from '../../config-file.ts'
import type {ConfigSection, GuestConfig, RawLine} from '../../guest-config.ts'
import {withPendingValues} from '../../pending.ts'
import {shownSection} from '../config-view.ts'
import type {ShownValue} from '../config-view.ts'
import {readContainer} from '../kind.ts'
import {spec} from './config.spec.ts'

export const handler = handleRead(spec, async ({vmid, current, snapshot}, context) => {
  const {config, file} = await readContainer(vmid, context)
  if (snapshot !== undefined && current === true) throw new InvalidInputError("'current' and 'snapshot' exclude each other", {current: "cannot be combined with 'snapshot'"})
  return {...shownSection(sectionOf(vmid, config, snapshot, current === true)), digest: file.digest}
}, configLines)

function sectionOf(vmid: number, config: GuestConfig, snapshot: string | undefined, isCurrent: boolean): ConfigSection {
  if (snapshot === undefined) return (isCurrent ? config : withPendingValues(config)).current
  const section = Object.hasOwn(config.snapshots, snapshot) ? config.snapshots[snapshot] : undefined
  if (section === undefined) throw new NotFoundError(`container ${vmid} has no snapshot '${snapshot}'`, {data: {vmid, snapshot}})
  return section
}

/** `key: value` lines sorted by key, then those for LXC; the digest is for programs. */
function configLines(config: Readonly<Record<string, unknown>>): string[] {
  const shown = (key: string, value: ShownValue) => `${key}: ${key === 'description' ? encodeText(String(value)) : String(value).replaceAll('\0', '\\0')}`
  const lines = Object.keys(config).sort().filter((key) => key !== 'digest' && key !== 'lxc').map((key) => shown(key, config[key] as ShownValue))
  return [...lines, ...(config['lxc'] as readonly RawLine[] | undefined ?? []).map(([key, value]) => `${key}: ${value}`)]
}
