// Which programs are started beside a guest's QEMU, and how: swtpm for its TPM, a virtiofsd for each folder that it is given. Looks at the
// host and changes nothing.
import {openVolume} from '../../../storage/index.ts'
import type {Context, Step} from '../../../tasks/index.ts'
import {readVirtiofs, virtiofsKeys} from '../config/virtiofs.ts'
import {parseDriveText} from '../drives/drive-text.ts'
import type {DriveText} from '../drives/drive-text.ts'
import {formatTpmState, requireSwtpm, tpmVersion} from '../drives/tpm-state.ts'
import {mappedDirectory} from '../facts/directory-mappings.ts'
import type {StartHelper} from './actions/start-helper.ts'
import {guestPaths} from './sockets.ts'
import {findVirtiofsd, virtiofsdArgv} from './virtiofsd.ts'

/** To be done after `qemu.prepare`, whose undo ends them. @throws NotFoundError, UnavailableError, UnsupportedError naming the key */
export async function helperSteps(vmid: number, values: Readonly<Record<string, string>>, context: Context): Promise<Step[]> {
  return [...await tpmSteps(vmid, values['tpmstate0'], context), ...await virtiofsSteps(vmid, values, context)]
}

async function tpmSteps(vmid: number, text: string | undefined, context: Context): Promise<Step[]> {
  if (text === undefined) return []
  await requireSwtpm(context.host)
  const drive = parseDriveText(text)
  const path = await statePath(drive, context)
  const {swtpm, swtpmLog} = guestPaths(context.places, vmid)
  const version = tpmVersion(drive)
  const helper: StartHelper = {
    kind: 'qemu.start-helper', key: 'tpmstate0', socket: swtpm, logPath: swtpmLog,
    argv: [
      'swtpm', 'socket', '--tpmstate', `backend-uri=file://${path},mode=0600`, '--ctrl', `type=unixio,path=${swtpm},mode=0600`, '--terminate',
      ...(version === 'v2.0' ? ['--tpm2'] : []),
    ],
  }
  // A volume that was made elsewhere, or by hand, may be blank.
  return [{do: formatTpmState({vmid, volume: drive.file, path, version})}, {do: helper}]
}

async function statePath({file}: DriveText, context: Context): Promise<string> {
  if (file.startsWith('/')) return file
  const {storage, id} = await openVolume(file, context)
  return storage.path(id)
}

async function virtiofsSteps(vmid: number, values: Readonly<Record<string, string>>, context: Context): Promise<Step[]> {
  const keys = virtiofsKeys.filter((key) => values[key] !== undefined)
  if (keys.length === 0) return []
  const daemon = await findVirtiofsd(context.host)
  const {virtiofs} = guestPaths(context.places, vmid)
  return Promise.all(keys.map(async (key) => {
    const settings = readVirtiofs(key, values[key] ?? '')
    const folder = await mappedDirectory(settings.dirid, key, context)
    const socket = `${virtiofs}${key.slice('virtiofs'.length)}`
    const helper: StartHelper = {kind: 'qemu.start-helper', key, socket, logPath: `${socket}log`, argv: virtiofsdArgv(daemon, {key, folder, socket, settings})}
    return {do: helper}
  }))
}
