// The agent as it is brought to a host: a folder of files with a manifest, and the checks whether a host can run it and has all of it.
import {posix} from 'node:path'
import {UnsupportedError, printable} from '../base/index.ts'
import type {AgentBundle} from '../host/index.ts'
import {agentPath, checkPlainPath} from '../host/ssh/agent-command.ts'
import type {SshConnection} from '../host/ssh/index.ts'
import {missingIdRanges, type IdRange} from './host-settings.ts'
import {probe, runScript} from './login-scripts.ts'
import {isNewEnough} from './node-version.ts'

/** What was found on a host by a login. */
export interface HostProbe {
  readonly system: string
  /** Empty when there is none. */
  readonly nodeVersion: string
  readonly hasNode: boolean
  /** The Node.js of its package sources; empty when that is not known. */
  readonly offeredNode: string
  readonly hasApt: boolean
  /** Debian packages without which Corral cannot work there. */
  readonly missingPackages: readonly string[]
  readonly missingIdRanges: readonly IdRange[]
  /** All files of the agent are there, each with its hash. */
  readonly isAgentWhole: boolean
  /** There is an agent at its path, of whatever version. */
  readonly hasAgent: boolean
  /** The version of the agent that the host's Debian package has; empty when it has none. */
  readonly packagedAgent: string
  /** The version of the agent that is there, when it is newer than ours. */
  readonly newerAgent: string | undefined
}

const probeLimitMs = 30_000
const packageOf: Readonly<Record<string, string>> = {'qemu-system-x86_64': 'qemu-system-x86', 'qemu-img': 'qemu-utils', ip: 'iproute2'}
/** What uname(2) says for Node's names. */
const machines: Readonly<Record<string, readonly string[]>> = {x64: ['x86_64'], arm64: ['aarch64', 'arm64']}

/** The folder of an agent. @throws InvalidInputError for a path that a shell could take apart */
export function agentFolder(path: string = agentPath): string {
  return posix.dirname(checkPlainPath(path))
}

/** @throws UnsupportedError when the agent that we have cannot run there; what runScript throws */
export async function probeHost(connection: SshConnection, name: string, path: string | undefined, bundle: AgentBundle, signal: AbortSignal): Promise<HostProbe> {
  const folder = agentFolder(path)
  const lines = await runScript(connection, probe, [folder, ...bundle.files.map((file) => file.path)], {host: name, what: 'looking at the host', signal, limitMs: probeLimitMs})
  const values = (key: string) => lines.filter((line) => line.startsWith(`${key}=`)).map((line) => line.slice(key.length + 1))
  const value = (key: string) => values(key)[0] ?? ''
  const programs = new Set(values('has'))
  const machine = value('architecture')
  if (!(machines[bundle.architecture] ?? [bundle.architecture]).includes(machine)) {
    throw new UnsupportedError(`${name} is a machine of the kind ${printable(machine).slice(0, 40)}, and the agent of this installation is for ${bundle.architecture}`)
  }
  if (bundle.libc === 'glibc' && !value('libc').startsWith('glibc')) throw new UnsupportedError(`${name} has another C library than glibc, for which the agent of this installation was made`)
  const nodeVersion = value('node')
  const hasNode = isNewEnough(nodeVersion)
  return {
    system: value('system').slice(0, 100), nodeVersion, hasNode, offeredNode: value('offered'), hasApt: programs.has('apt-get'),
    missingIdRanges: missingIdRanges({subuids: values('subuids'), subgids: values('subgids')}),
    missingPackages: [...(hasNode ? [] : ['nodejs']), ...Object.entries(packageOf).flatMap(([program, debian]) => (programs.has(program) ? [] : [debian]))],
    hasAgent: value('agent') !== '', packagedAgent: value('packaged').slice(0, 80),
    newerAgent: isNewer(value('agent'), bundle.version) ? value('agent') : undefined,
    isAgentWhole: bundle.files.every((file) => lines.includes(`${file.sha256}  ${folder}/${file.path}`)),
  }
}

/** Of two versions such as `1.10.2`; what is no version is not newer. */
function isNewer(version: string, than: string): boolean {
  const numbers = (text: string) => /^(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:[-+][\w.+-]{1,80})?$/.exec(text)?.slice(1, 4).map(Number)
  const [theirs, ours] = [numbers(version), numbers(than)]
  if (theirs === undefined || ours === undefined) return false
  const at = theirs.findIndex((number, index) => number !== ours[index])
  return at >= 0 && (theirs[at] ?? 0) > (ours[at] ?? 0)
}
