// The iSCSI server as a host: what is run there goes over SSH, by OpenSSH's own client with its checks of host keys. A remote command line is
// taken apart by a shell there, so each word is quoted for it.
import {NotFoundError, ToolError, UnavailableError} from '../../base/index.ts'
import type {Host, RunOptions, RunResult} from '../../host/index.ts'
import {shellJoin} from '../../spec/shell-words.ts'
import {ensureSecretFile} from '../secret-file.ts'
import type {StorageSecret} from '../storage.ts'

/** ssh(1), EXIT STATUS: an error of its own, not of the command. */
const sshFailed = 255
/** A shell's code for a program that it does not find. */
const noSuchProgram = 127

export interface ServerAddress { readonly portal: string; readonly secret: StorageSecret | undefined }

/** The host in `192.0.2.10:3260` or `[2001:db8::10]`. Pure. */
export function hostOfPortal(portal: string): string {
  return /^\[([^\]]{1,45})\]/.exec(portal)?.[1] ?? portal.replace(/:\d{1,5}$/, '')
}

/** Pure. */
export function sshArgv({portal, secret}: ServerAddress, argv: readonly string[]): string[] {
  const key = secret === undefined ? [] : ['-o', 'IdentitiesOnly=yes', '-i', secret.path]
  return ['ssh', '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=10', ...key, '--', `root@${hostOfPortal(portal)}`, shellJoin(argv)]
}

/** A host on which programs run on the server. Its files are those of the host itself, so they are not to be used. */
export function onServer(host: Host, address: ServerAddress): Host {
  return {...host, name: hostOfPortal(address.portal), run: (argv, options) => runOnServer(host, address, argv, options)}
}

/** @throws UnavailableError when the server cannot be reached, NotFoundError when it has no such program; else as Host.run */
async function runOnServer(host: Host, address: ServerAddress, argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  if (address.secret !== undefined) await ensureSecretFile(host, address.secret)
  const server = hostOfPortal(address.portal)
  try {
    return await host.run(sshArgv(address, argv), options)
  } catch (error) {
    if (error instanceof NotFoundError) throw new UnavailableError('the iSCSI server cannot be reached: ssh is not installed', {cause: error, nextSteps: ['apt-get install openssh-client']})
    if (!(error instanceof ToolError)) throw error
    if (error.failure.exitCode === noSuchProgram) throw new NotFoundError(`the iSCSI server ${server} has no program ${argv[0] ?? ''}`, {cause: error})
    if (error.failure.exitCode !== sshFailed) throw error
    throw new UnavailableError(`the iSCSI server ${server} cannot be reached over SSH`, {
      cause: error, data: {server},
      nextSteps: [`Try it, and see its host key: ssh ${address.secret === undefined ? '' : `-i ${address.secret.path} `}root@${server} zfs list`, 'Give the storage a key that may log in: pvesm set <storage> --ssh-key <file>'],
    })
  }
}
