// What `qm guest cmd` can ask an agent (QEMU's docs/interop/qemu-ga-ref): for each word what is sent, and how long an answer may take. Data only.

export interface AgentCommand {
  readonly execute: string
  /** It looks and changes nothing in the guest. */
  readonly looks: boolean
  /** Default 10,000. */
  readonly timeoutMs?: number
  /** An answer comes only when it is refused; otherwise there is silence, or the guest is gone. */
  readonly isSilent?: boolean
}

const seconds = 1000
const minutes = 60 * seconds

export const agentCommands = {
  'fsfreeze-freeze': {execute: 'guest-fsfreeze-freeze', looks: false, timeoutMs: 10 * minutes},
  'fsfreeze-status': {execute: 'guest-fsfreeze-status', looks: true},
  'fsfreeze-thaw': {execute: 'guest-fsfreeze-thaw', looks: false, timeoutMs: minutes},
  'fstrim': {execute: 'guest-fstrim', looks: false, timeoutMs: 10 * minutes},
  'get-fsinfo': {execute: 'guest-get-fsinfo', looks: true, timeoutMs: 30 * seconds},
  'get-host-name': {execute: 'guest-get-host-name', looks: true},
  'get-memory-block-info': {execute: 'guest-get-memory-block-info', looks: true},
  'get-memory-blocks': {execute: 'guest-get-memory-blocks', looks: true},
  'get-osinfo': {execute: 'guest-get-osinfo', looks: true},
  'get-time': {execute: 'guest-get-time', looks: true},
  'get-timezone': {execute: 'guest-get-timezone', looks: true},
  'get-users': {execute: 'guest-get-users', looks: true},
  'get-vcpus': {execute: 'guest-get-vcpus', looks: true},
  'info': {execute: 'guest-info', looks: true},
  'network-get-interfaces': {execute: 'guest-network-get-interfaces', looks: true},
  'ping': {execute: 'guest-ping', looks: true},
  'shutdown': {execute: 'guest-shutdown', looks: false, timeoutMs: 2 * seconds, isSilent: true},
  'suspend-disk': {execute: 'guest-suspend-disk', looks: false, timeoutMs: 5 * seconds, isSilent: true},
  'suspend-hybrid': {execute: 'guest-suspend-hybrid', looks: false, timeoutMs: 5 * seconds, isSilent: true},
  'suspend-ram': {execute: 'guest-suspend-ram', looks: false, timeoutMs: 5 * seconds, isSilent: true},
} as const satisfies Readonly<Record<string, AgentCommand>>

export type AgentCommandWord = keyof typeof agentCommands

export const agentCommandWords = Object.keys(agentCommands) as readonly AgentCommandWord[]
