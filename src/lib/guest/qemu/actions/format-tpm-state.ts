// Makes a fresh TPM on a volume that holds none yet: its endorsement key, with certificates of an authority of this installation. One that
// is there is never touched, so this may be repeated.
import {openVolume} from '../../../storage/index.ts'
import type {Action, Context} from '../../../tasks/index.ts'
import {commandLine, defineAction} from '../../../tasks/index.ts'
import type {TpmVersion} from '../drives/tpm-state.ts'
import {guestPaths} from '../runtime/sockets.ts'

export interface FormatTpmState extends Action {
  readonly kind: 'guest.format-tpm-state'
  readonly vmid: number
  /** A volume id, or a path on the host. */
  readonly volume: string
  /** Where it is going to lie, for a dry run; where it does lie is asked when it is written. */
  readonly path: string
  readonly version: TpmVersion
}

const setupLimitMs = 5 * 60_000
const headBytes = 4096

export const formatTpmStateAction = defineAction<FormatTpmState>({
  kind: 'guest.format-tpm-state',
  describe: ({path, version}) => [`# make a TPM on ${path}, unless there is one`, commandLine(setupArgv(path, version, '…'))],
  run: async ({vmid, volume, version}, context) => {
    const {host, places, signal} = context
    const path = await pathOf(volume, context)
    if (!await isBlank(path, context)) return
    const {dir, tpmSetup: folder} = guestPaths(places, vmid)
    await host.files.makeDirectory(places.runDir, 0o700)
    await host.files.makeDirectory(dir, 0o700)
    // Of somebody who was killed: what he made there is nobody's TPM.
    await host.files.removeTree(folder)
    await host.files.makeDirectory(folder, 0o700)
    try {
      const fresh = `${folder}/state`
      await host.files.write(fresh, Buffer.alloc(headBytes), {durable: false})
      const config = await writeSetupConfig(folder, context)
      await host.run(setupArgv(fresh, version, config), {timeoutMs: setupLimitMs, signal, cwd: '/', diesWithUs: true})
      // The head, by which a volume is told from a blank one, comes last: a copy that was interrupted is made again.
      await host.run(['dd', `if=${fresh}`, `of=${path}`, `bs=${headBytes}`, 'skip=1', 'seek=1', 'conv=notrunc,fsync', 'status=none'], {signal})
      await host.run(['dd', `if=${fresh}`, `of=${path}`, `bs=${headBytes}`, 'count=1', 'conv=notrunc,fsync', 'status=none'], {signal})
    } finally {
      await host.files.removeTree(folder)
    }
  },
})

function setupArgv(path: string, version: TpmVersion, config: string): string[] {
  return [
    'swtpm_setup', '--tpmstate', `file://${path}`, '--createek', '--create-ek-cert', '--create-platform-cert', '--lock-nvram', '--overwrite', '--config', config,
    ...(version === 'v2.0' ? ['--tpm2', '--ecc'] : []),
  ]
}

async function pathOf(volume: string, context: Context): Promise<string> {
  if (volume.startsWith('/')) return volume
  const {storage, id} = await openVolume(volume, context)
  await storage.activate()
  return storage.attach(id)
}

async function isBlank(path: string, {host}: Context): Promise<boolean> {
  return (await host.files.readAt(path, 0, headBytes)).every((byte) => byte === 0)
}

/** The authority that signs the certificates of all TPMs of this installation; the tools make its keys with the first. */
async function writeSetupConfig(folder: string, {host: {files}, places}: Context): Promise<string> {
  const authority = `${places.stateDir}/swtpm-localca`
  await files.makeDirectory(places.stateDir, 0o755)
  await files.makeDirectory(authority, 0o700)
  const options = `${folder}/options`
  const issuer = `${folder}/issuer.conf`
  const setup = `${folder}/setup.conf`
  await files.write(options, '--platform-manufacturer Corral\n--platform-version 1\n--platform-model QEMU\n', {durable: false})
  await files.write(issuer, [
    `statedir = ${authority}`, `signingkey = ${authority}/signkey.pem`, `issuercert = ${authority}/issuercert.pem`, `certserial = ${authority}/certserial`, '',
  ].join('\n'), {durable: false})
  await files.write(setup, [
    'create_certs_tool = /usr/bin/swtpm_localca', `create_certs_tool_config = ${issuer}`, `create_certs_tool_options = ${options}`, 'active_pcr_banks = sha256', '',
  ].join('\n'), {durable: false})
  return setup
}
