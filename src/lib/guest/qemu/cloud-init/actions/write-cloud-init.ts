// Writes a guest's settings onto its drive for cloud-init, out of the configuration as it then stands; no secret comes by way of the plan.
// A running guest has the disc taken out meanwhile. May be repeated.
import {ConflictError, errorChain} from '../../../../base/index.ts'
import {openVolume} from '../../../../storage/index.ts'
import type {Format} from '../../../../storage/index.ts'
import {commandLine, defineAction, storeCommitStep} from '../../../../tasks/index.ts'
import type {Action, Context} from '../../../../tasks/index.ts'
import {formatQemuConfig} from '../../config/config-file.ts'
import {guestConfigPath, readGuest} from '../../guest-files.ts'
import type {GuestFile} from '../../guest-files.ts'
import {guestPaths} from '../../runtime/sockets.ts'
import {runtimeStatus} from '../../runtime/status.ts'
import {cloudInitDriveBytes, cloudInitDriveOf} from '../drive.ts'
import {cloudInitFiles} from '../generate.ts'
import {isoImage} from '../iso-image.ts'
import {withDiscOut} from '../change-disc.ts'
import {hasRecordedChanges, withoutRecordedChanges} from '../recorded-changes.ts'

export interface WriteCloudInit extends Action {
  readonly kind: 'guest.write-cloud-init'
  readonly vmid: number
  readonly key: string
  readonly volume: string
  /** Where the volume is going to lie and in which format, for a dry run; the storage is asked when it is written. */
  readonly path: string
  /** The file below the run folder that the image goes by way of. */
  readonly imagePath: string
  readonly format: Format
  /** Whether the guest ran when this was planned, for a dry run. */
  readonly isRunning: boolean
}

const writeLimitMs = 5 * 60_000

function argvOf(source: string, format: string, path: string): readonly string[] {
  return ['qemu-img', 'convert', '-n', '-f', 'raw', '-O', format, '--', source, path]
}

export const writeCloudInitAction = defineAction<WriteCloudInit>({
  kind: 'guest.write-cloud-init',
  describe: ({key, path, imagePath, format, isRunning}) => [
    ...(isRunning ? [`# QMP: take the disc out of ${key}`] : []),
    '# an ISO image with the settings for cloud-init', commandLine(argvOf(imagePath, format, path)),
    ...(isRunning ? [`# QMP: put the disc into ${key}`] : []),
  ],
  subject: ({volume}) => `the settings for cloud-init on ${volume}`,
  run: async ({vmid, key, volume}, context) => {
    const guest = await readGuest(vmid, context)
    const {current: {values}, pending} = guest.config
    const [drive, inForce] = [cloudInitDriveOf({...values, ...pending}), cloudInitDriveOf(values)]
    if (drive?.volume !== volume && inForce?.volume !== volume) throw new ConflictError(`${volume} is not the cloud-init drive of virtual machine ${vmid} any more`, {data: {vmid, volume}})
    const {label, files} = await cloudInitFiles(vmid, values, context)
    const image = isoImage(label, files, cloudInitDriveBytes)
    const write = () => writeImage(vmid, volume, image, context)
    const driveText = inForce?.volume === volume ? values[key] : undefined
    if (driveText === undefined || await runtimeStatus(vmid, context) === undefined) await write()
    else await withDiscOut({vmid, key, driveText}, write, context)
    context.log.info(`wrote the settings for cloud-init to '${volume}'`)
    if (hasRecordedChanges(guest.config)) await forgetRecordedChanges(guest, context)
  },
})

/** By way of a file below the run folder, which nobody else reads: qemu-img takes an image from nowhere else. */
async function writeImage(vmid: number, volume: string, image: Buffer, context: Context): Promise<void> {
  const {host, places, signal, log} = context
  const {dir, cloudInit} = guestPaths(places, vmid)
  await host.files.makeDirectory(places.runDir, 0o700)
  await host.files.makeDirectory(dir, 0o700)
  const {storage, id} = await openVolume(volume, context)
  await storage.activate()
  await storage.attach(id)
  try {
    const {path, format} = storage.imageName(id)
    await host.files.write(cloudInit, image, {durable: false})
    await host.run(argvOf(cloudInit, format, path), {signal, timeoutMs: writeLimitMs, diesWithUs: true})
  } finally {
    await host.files.remove(cloudInit).catch((error: unknown) => { log.warn(`${cloudInit} is left behind: ${errorChain(error).join(': ')}`) })
  }
}

async function forgetRecordedChanges({vmid, config, file}: GuestFile, context: Context): Promise<void> {
  const {do: commit} = storeCommitStep([{path: guestConfigPath(context.node, vmid), was: file, text: formatQemuConfig(withoutRecordedChanges(config))}])
  await (await context.actionKind(commit.kind)).run(commit, context)
}
