// What callers of the SSH transport see: where to, how, and what they get. Nothing here knows the ssh2 package.
import type {Duplex, Readable} from 'node:stream'

/** A host as the user names it. What is left out comes from OpenSSH's configuration, which may also say that `host` is an alias. */
export interface SshTarget {
  readonly host: string
  readonly user?: string
  readonly port?: number
  /** Tried instead of the configured ones. `~` and OpenSSH's tokens are understood. */
  readonly identityFiles?: readonly string[]
  /** Hosts to go through, the first is reached directly. An empty list means none, whatever the configuration says. */
  readonly jump?: readonly SshTarget[]
}

/** Asks the user on their terminal. Without one nothing is asked, and what would need an answer fails. */
export interface SshPrompt {
  /** Shows lines and reads an answer that may be seen. undefined when the user wants to stop. */
  ask(lines: readonly string[], question: string): Promise<string | undefined>
  /** Reads a passphrase without showing it. undefined when the user wants to stop. */
  askSecret(question: string): Promise<string | undefined>
  /** Something the user should know. */
  notice(line: string): void
}

export interface SshOptions {
  /** SSH_AUTH_SOCK, and the variables that `${NAME}` in the configuration may use. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal?: AbortSignal
  readonly prompt?: SshPrompt
  /** For connecting, the exchange of keys and the proof of identity of each hop, without the time in which the user is asked. Default 10,000, or ConnectTimeout. */
  readonly connectTimeoutMs?: number
  /** Default: 10 s between signs of life, and the connection ends after three without an answer. */
  readonly keepaliveIntervalMs?: number
  /** Default: those of this user and machine. */
  readonly home?: string
  readonly configFiles?: readonly ConfigFile[]
}

/** A file of OpenSSH's client configuration. */
export interface ConfigFile {
  readonly path: string
  /** Decides what relative names in Include mean, and that others must not be able to write the file. */
  readonly kind: 'user' | 'system'
}

/** Whom a connection really reached. */
export interface SshPeer {
  readonly host: string
  readonly port: number
  readonly user: string
  /** As OpenSSH prints it: `SHA256:…`. */
  readonly hostKeyFingerprint: string
  readonly hostKeyType: string
}

export interface WindowSize {
  readonly columns: number
  readonly rows: number
}

/** The pseudo-terminal that a program gets. */
export interface PtyOptions extends WindowSize {
  readonly term: string
}

export interface ExecOptions {
  readonly pty?: PtyOptions
  readonly signal?: AbortSignal
}

/** How a program on the host ended. `lost`: the connection went away, and nobody knows. */
export type ChannelExit =
  | {readonly how: 'exited'; readonly code: number}
  | {readonly how: 'signalled'; readonly signal: string}
  | {readonly how: 'lost'}

/** Standard input and output of a program on the host. */
export interface SshChannel {
  readonly stream: Duplex
  readonly stderr: Readable
  /** Tells the pty its new size. */
  resize(size: WindowSize): void
  /** Sends a signal, without the `SIG`: `INT`, `TERM`. */
  signal(name: string): void
  /** Resolves when both streams and the program have ended; never rejects. */
  readonly exit: Promise<ChannelExit>
  close(): void
}

export interface SshConnection {
  readonly peer: SshPeer
  /** The login is not root, so programs have to be started with `sudo -n`. */
  readonly needsSudo: boolean
  /**
   * Runs one of our constant command strings.
   * @throws UnavailableError when the connection is lost or the host opens no channel, CancelledError
   */
  exec(command: string, options?: ExecOptions): Promise<SshChannel>
  /**
   * Writes a file of root's, whole or not at all, checked by its hash on the host and synced; folders on the way are made.
   * @throws InvalidInputError (path), ToolError (the host refused), UnavailableError (connection lost)
   */
  upload(data: Buffer, path: string, mode: number, options?: {readonly signal?: AbortSignal}): Promise<void>
  close(): void
  /** Resolves when the connection has ended, with the reason when it was lost; never rejects. */
  readonly closed: Promise<Error | undefined>
}
