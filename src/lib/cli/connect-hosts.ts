// Reaches the hosts of contexts over SSH: logs in as `ssh` would, starts the agent, and finds that both understand each other.
import {NotFoundError, UnavailableError, printableLines} from '../base/index.ts'
import type {AgentConnection, HostConnector, HostTarget} from '../host/index.ts'
import {agentClient, openPeer} from '../host/protocol/index.ts'
import {agentCommand, configuredTimeoutMs, connectSsh, parseSshTarget} from '../host/ssh/index.ts'
import type {PtyOptions, SshChannel, SshConnection} from '../host/ssh/index.ts'
import {readAgentBundle} from './read-agent-bundle.ts'
import {terminalPrompt} from './ssh-prompt.ts'
import type {WatchedPrompt} from './ssh-prompt.ts'
import type {Surroundings} from './surroundings.ts'

/** What is kept of the words with which an agent fails to start. */
const maxStderrChars = 4096
/** A program that could not be started says so with this; sudo(8) and env(1) have their own numbers. */
const notFoundCodes: ReadonlySet<number> = new Set([126, 127])
const exitWaitMs = 2_000
/** An agent is asked for a plain answer, and may be silent, for so long, unless the user's patience is longer. */
const silenceMs = 30_000

export function sshConnector({env}: Pick<Surroundings, 'env'>, prompt: WatchedPrompt | undefined = terminalPrompt()): HostConnector {
  // An agent takes about as long to start as the SSH server to answer: both are a matter of the host's processors and of the way there.
  const patienceMs = async (host: HostTarget) => {
    const configuredMs = await configuredTimeoutMs(parseSshTarget(host.ssh), {env})
    return configuredMs === undefined ? undefined : 2 * configuredMs
  }
  const openLogin = async (host: HostTarget, signal: AbortSignal) => {
    const ownMs = await patienceMs(host) ?? 0
    const keepalive = ownMs > silenceMs ? {keepaliveIntervalMs: Math.round(ownMs / 3)} : {}
    return connectSsh(parseSshTarget(host.ssh), {env, signal, ...keepalive, ...(prompt === undefined ? {} : {prompt})})
  }
  return {
    openLogin,
    patienceMs,
    ...(prompt === undefined ? {} : {questions: () => prompt.questions()}),
    agentBundle: readAgentBundle,
    openTerminal: async (host, pty, signal) => {
      const connection = await openLogin(host, signal)
      try {
        const channel = await startTerminal(connection, host, pty)
        void channel.exit.then(() => { connection.close() })
        return channel
      } catch (error) {
        connection.close()
        throw error
      }
    },
    openAgent: async (host, signal) => {
      const connection = await openLogin(host, signal)
      try {
        return await startAgent(connection, host, {signal, silenceMs: Math.max(silenceMs, await patienceMs(host) ?? 0)})
      } catch (error) {
        connection.close()
        throw error
      }
    },
  }
}

/** @throws NotFoundError when there is no agent, UnavailableError when it does not start, UnsupportedError for another version */
async function startAgent(connection: SshConnection, host: HostTarget, {signal, silenceMs: limitMs}: {signal: AbortSignal; silenceMs: number}): Promise<AgentConnection> {
  const command = agentCommand('stdio', {needsSudo: connection.needsSudo, ...(host.agent === undefined ? {} : {path: host.agent})})
  const channel = await connection.exec(command)
  const stderr = collected(channel)
  const peer = openPeer(channel.stream, {role: 'client', name: `host ${host.name}`, silenceMs: limitMs})
  const client = agentClient(peer, host.name, limitMs)
  try {
    await client.hello(signal)
  } catch (error) {
    peer.close()
    throw await whyNoAgent(channel, stderr(), host, error)
  }
  return {client, peer, openTerminal: (pty) => startTerminal(connection, host, pty), close: () => { peer.close(); connection.close() }}
}

/** Starts the agent a second time, for one interactive command. */
function startTerminal(connection: SshConnection, host: HostTarget, pty: PtyOptions | undefined): Promise<SshChannel> {
  const command = agentCommand('terminal', {needsSudo: connection.needsSudo, ...(host.agent === undefined ? {} : {path: host.agent})})
  return connection.exec(command, pty === undefined ? {} : {pty})
}

/** An agent that is not there looks like one that hangs up; how its channel ended tells them apart. */
async function whyNoAgent(channel: SshChannel, stderr: string, {name}: HostTarget, error: unknown): Promise<unknown> {
  if (!(error instanceof UnavailableError)) return error
  const exit = await Promise.race([channel.exit, new Promise<undefined>((resolve) => { setTimeout(() => resolve(undefined), exitWaitMs).unref() })])
  if (exit?.how !== 'exited' || exit.code === 0) return error
  const said = printableLines(stderr.trim())
  const cause = said === '' ? {} : {cause: new Error(said)}
  const isMissing = notFoundCodes.has(exit.code) || /(?:command not found|No such file)/i.test(stderr)
  if (isMissing) {
    return new NotFoundError(`there is no agent of Corral on ${name}`, {...cause, data: {agent: 'missing'}, nextSteps: [`Install it: corral host update ${name}`]})
  }
  return new UnavailableError(`the agent on ${name} could not be started`, {...cause, nextSteps: [`Look what is wrong: corral host check ${name}`]})
}

function collected({stderr}: SshChannel): () => string {
  let text = ''
  stderr.on('data', (data: Buffer) => { if (text.length < maxStderrChars) text += data.toString('utf8').slice(0, maxStderrChars - text.length) })
  stderr.on('error', () => undefined)
  return () => text
}
