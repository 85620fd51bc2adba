// Makes a container a template: its volumes become bases under other names, then the configuration names them and says `template: 1`, all in one commit.
// Interrupted or failed, the volumes get their names back.
import {ConflictError} from '../../../base/index.ts'
import {formatVolumeId, makeBaseStep, openVolume, storageLock} from '../../../storage/index.ts'
import {handleChange, storeCommitStep} from '../../../tasks/index.ts'
import type {Context, Plan, Step} from '../../../tasks/index.ts'
import type {GuestConfig} from '../../guest-config.ts'
import {guestLockName, isYes} from '../../guest-files.ts'
import type {GuestFile} from '../../guest-files.ts'
import {writeKey} from '../../pending.ts'
import {storagesOf} from '../../snapshots/snapshot-volumes.ts'
import {formatLxcConfig, isMountKey, mountPoints, readMountPoint, withVolume} from '../config/index.ts'
import {assertUnlocked, containerConfigPath, readContainer} from '../kind.ts'
import {monitorOf} from '../runtime/status.ts'
import {spec} from './template.spec.ts'

export const handler = handleChange(spec, {
  locks: async ({vmid}, context) => {
    const {config} = await readContainer(vmid, context)
    return [guestLockName(vmid), ...storagesOf(volumesIn(config)).map(storageLock)]
  },
  lockTimeoutMs: 60_000,
  plan: async ({vmid}, context): Promise<Plan> => {
    const guest = await readContainer(vmid, context)
    assertUnlocked(guest, undefined, context.caller)
    assertMayBecomeTemplate(guest)
    if (await monitorOf(vmid, context) !== undefined) throw new ConflictError(`container ${vmid} is running`, {nextSteps: [`Shut it down first: pct shutdown ${vmid}`], data: {vmid}})
    const {config, steps} = await withBases(guest.config, context)
    const text = formatLxcConfig(writeKey(config, 'template', '1'))
    return {steps: [...steps, storeCommitStep([{path: containerConfigPath(context.node, vmid), was: guest.file, text}])], whenInterrupted: 'undo', result: null}
  },
})

function volumesIn({current}: GuestConfig): string[] {
  return mountPoints(current.values).flatMap(({type, source}) => type === 'volume' ? [source] : [])
}

function assertMayBecomeTemplate({vmid, config}: GuestFile): void {
  if (isYes(config.current.values['template'])) throw new ConflictError(`container ${vmid} is a template already`, {data: {vmid}})
  const [snapshot] = Object.keys(config.snapshots)
  if (snapshot === undefined) return
  throw new ConflictError(`container ${vmid} has snapshots, and a template has none`, {
    nextSteps: [`Remove them first: pct delsnapshot ${vmid} ${snapshot}`, `Or make a full clone, and a template of that: pct clone ${vmid} <newid> --full`], data: {vmid},
  })
}

async function withBases(config: GuestConfig, context: Context): Promise<{config: GuestConfig; steps: readonly Step[]}> {
  const steps: Step[] = []
  const bases = new Map<string, string>()
  for (const volume of volumesIn(config)) {
    const {storage, id} = await openVolume(volume, context)
    const {format, isBase} = storage.parseName(id.name)
    if (isBase) continue
    if (storage.templates === undefined || !storage.traits.templateFormats.some((able) => able === format)) {
      context.log.info(`${volume} stays as it is: storage '${id.storage}' (${storage.config.type}) has no bases of ${format} volumes`)
      continue
    }
    const {base, step} = await makeBaseStep(storage, id)
    bases.set(volume, formatVolumeId(base))
    steps.push(step)
  }
  const renamed = (values: Readonly<Record<string, string>>) => Object.fromEntries(Object.entries(values).map(([key, text]) => {
    if (!isMountKey(key)) return [key, text]
    const {source, size} = readMountPoint(key, text)
    const base = bases.get(source)
    return [key, base === undefined ? text : withVolume(key, text, base, size)]
  }))
  return {steps, config: {...config, current: {...config.current, values: renamed(config.current.values)}, pending: renamed(config.pending)}}
}
