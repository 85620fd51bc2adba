// Prepares the start of a guest: the folder of the run files, nothing left of an earlier run in it, the settings of its tap devices, and
// copies of firmware variables that are not kept.
import {dirname} from 'node:path'
import {ConflictError, ForbiddenError} from '../../../../base/index.ts'
import type {Host} from '../../../../host/index.ts'
import {formatTapSettings, guestTaps} from '../../../../network/index.ts'
import type {TapSettings} from '../../../../network/index.ts'
import type {Action} from '../../../../tasks/index.ts'
import {defineAction} from '../../../../tasks/index.ts'
import {clearUp} from '../clear-up.ts'
import {guestPaths} from '../sockets.ts'
import {runtimeStatus} from '../status.ts'

export interface PrepareStart extends Action {
  readonly kind: 'qemu.prepare'
  readonly vmid: number
  readonly taps: readonly TapSettings[]
  readonly temporaryFiles: readonly {readonly from: string; readonly to: string}[]
}

const maxFirmwareBytes = 64 * 1024 * 1024

export const prepare = defineAction<PrepareStart>({
  kind: 'qemu.prepare',
  conflictMeansUntouched: true,
  describe: ({vmid, taps, temporaryFiles}) => [
    `# prepare the run files of guest ${vmid}`,
    ...taps.map(({tap, bridge}) => `# ${tap} will be put on ${bridge}`),
    ...temporaryFiles.map(({from, to}) => `cp ${from} ${to}`),
  ],
  run: async ({vmid, taps, temporaryFiles}, context) => {
    const {host: {files}, places} = context
    const {dir, network, reboot} = guestPaths(places, vmid)
    // The plan has looked already; this look is right before the first change.
    if (await runtimeStatus(vmid, context) !== undefined) throw new ConflictError(`virtual machine ${vmid} is running already`)
    await files.makeDirectory(places.runDir, 0o700)
    await files.makeDirectory(dir, 0o700)
    await files.makeDirectory(network, 0o700)
    for (const folder of [places.runDir, dir, network]) await refuseOpenFolder(folder, context)
    await clearUp(vmid, context)
    await files.remove(reboot)
    await refuseForeignTaps(vmid, taps, context)
    for (const tap of taps) await files.write(`${network}/${tap.tap}`, formatTapSettings(tap), {durable: false})
    for (const {from, to} of temporaryFiles) {
      await files.makeDirectory(dirname(to), 0o700)
      await files.write(to, await files.read(from, maxFirmwareBytes), {durable: false})
    }
  },
})

/**
 * Whoever can put a file here could answer in QEMU's place, or say which process it is. The folders are made private, but may have been there.
 * @throws ForbiddenError
 */
async function refuseOpenFolder(folder: string, {host: {files}}: {host: Pick<Host, 'files'>}): Promise<void> {
  const stat = await files.stat(folder)
  if (stat?.kind === 'directory' && (stat.uid === process.getuid?.() || stat.uid === 0) && (stat.mode & 0o022) === 0) return
  throw new ForbiddenError(`${folder} is a link, belongs to somebody else or can be written by others, so no guest is started with its sockets there`, {
    nextSteps: [`Make it private: chmod 700 ${folder}`],
  })
}

/** Tap devices are the host's, so two installations may want the same one. Settings are not written then, for the undo would take it for ours. */
async function refuseForeignTaps(vmid: number, taps: readonly TapSettings[], {host}: {host: Host}): Promise<void> {
  if (taps.length === 0) return
  const existing = await guestTaps(vmid, host)
  const taken = taps.find(({tap}) => existing.includes(tap))
  if (taken === undefined) return
  throw new ConflictError(`there is a tap device ${taken.tap} already, and it does not come from this installation`, {
    nextSteps: [`A virtual machine ${vmid} of another installation on this host may use it: give one of the two another VMID, or stop the other.`,
      `If nothing uses it: ip link delete dev ${taken.tap}`],
  })
}
