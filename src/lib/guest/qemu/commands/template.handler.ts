// Makes a virtual machine a template: its disks become bases under other names, then the configuration names them and says `template: 1`, all
// in one commit. Interrupted or failed, the disks get their names back.
import {ConflictError, InvalidInputError} from '../../../base/index.ts'
import {formatVolumeId, makeBaseStep, openVolume, parseVolumeId, storageLock} from '../../../storage/index.ts'
import {handleChange, storeCommitStep} from '../../../tasks/index.ts'
import type {Context, Plan, Step} from '../../../tasks/index.ts'
import type {GuestConfig} from '../../guest-config.ts'
import {formatQemuConfig, isCloudInitDrive, isDriveKey} from '../config/index.ts'
import {formatDriveText, isCdromText, parseDriveText, volumeOf} from '../drives/drive-text.ts'
import {namingDrive} from '../drives/plan-drives.ts'
import {assertUnlocked, guestConfigPath, guestLockName, isYes, readGuest} from '../guest-files.ts'
import type {GuestFile} from '../guest-files.ts'
import {writeKey} from '../pending.ts'
import {assertStopped} from '../runtime/assert-running.ts'
import {spec} from './template.spec.ts'

export const handler = handleChange(spec, {
  locks: async ({vmid, disk}, context) => {
    const {config} = await readGuest(vmid, context)
    return [guestLockName(vmid), ...disksOf(config, disk).map(({volume}) => storageLock(parseVolumeId(volume).storage))]
  },
  lockTimeoutMs: 60_000,
  plan: async ({vmid, disk}, context): Promise<Plan> => {
    const guest = await readGuest(vmid, context)
    assertUnlocked(guest, undefined, context.caller)
    assertMayBecomeTemplate(guest, disk)
    await assertStopped(vmid, context)
    const disks = disksOf(guest.config, disk)
    if (disk !== undefined && disks.length === 0) {
      throw new InvalidInputError(`virtual machine ${vmid} has no disk ${disk} that is a volume`, {disk: 'is no disk of this machine'}, {nextSteps: [`See which there are: qm config ${vmid}`]})
    }
    const {config, steps} = await withBases(guest.config, disks, context)
    const text = formatQemuConfig(writeKey(config, 'template', '1'))
    return {steps: [...steps, storeCommitStep([{path: guestConfigPath(context.node, vmid), was: guest.file, text}])], whenInterrupted: 'undo'}
  },
})

function assertMayBecomeTemplate({vmid, config}: GuestFile, disk: string | undefined): void {
  if (isYes(config.current.values['template']) && disk === undefined) throw new ConflictError(`virtual machine ${vmid} is a template already`, {data: {vmid}})
  const [snapshot] = Object.keys(config.snapshots)
  if (snapshot === undefined) return
  throw new ConflictError(`virtual machine ${vmid} has snapshots, and a template has none`, {
    nextSteps: [`Remove them first: qm delsnapshot ${vmid} ${snapshot}`, `Or make a full clone, and a template of that: qm clone ${vmid} <newid> --full`], data: {vmid},
  })
}

interface Disk {
  readonly key: string
  readonly volume: string
}

/** The disks that are volumes: no CD-ROM drives (each clone gets a cloud-init drive of its own), no paths, no unused ones. */
function disksOf({current}: GuestConfig, only: string | undefined): Disk[] {
  return Object.entries(current.values).flatMap(([key, text]) => {
    if (!isDriveKey(key) || (only !== undefined && key !== only)) return []
    const drive = parseDriveText(text)
    const volume = volumeOf(drive)
    return isCdromText(drive) || isCloudInitDrive(drive) || volume === undefined ? [] : [{key, volume}]
  })
}

async function withBases(config: GuestConfig, disks: readonly Disk[], context: Context): Promise<{config: GuestConfig; steps: readonly Step[]}> {
  const steps: Step[] = []
  const bases = new Map<string, string>()
  for (const {key, volume} of disks) {
    const {storage, id} = await openVolume(volume, context)
    if (storage.parseName(id.name).isBase) continue
    const {base, step} = await namingDrive(key, () => makeBaseStep(storage, id))
    bases.set(volume, formatVolumeId(base))
    steps.push(step)
  }
  const renamed = (values: Readonly<Record<string, string>>) => Object.fromEntries(Object.entries(values).map(([key, text]) => {
    const drive = parseDriveText(text)
    const base = isDriveKey(key) ? bases.get(drive.file) : undefined
    return [key, base === undefined ? text : formatDriveText({...drive, file: base})]
  }))
  return {steps, config: {...config, current: {...config.current, values: renamed(config.current.values)}, pending: renamed(config.pending)}}
}
