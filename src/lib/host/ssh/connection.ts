// A connection that stands: programs on the host, and its end. It knows ssh2's types only.
import type {Client, ClientChannel} from 'ssh2'
import {CancelledError, UnavailableError, printable} from '../../base/index.ts'
import type {ChannelExit, ExecOptions, SshChannel, SshConnection, SshPeer} from './types.ts'
import {uploadOver} from './upload.ts'

/** @param carriers connections that this one goes through; they are closed with it */
export function connectionOf(client: Client, peer: SshPeer, carriers: readonly Client[]): SshConnection {
  let reason: Error | undefined
  let isClosedByUs = false
  let isClosed = false
  const closed = new Promise<Error | undefined>((resolve) => {
    const onClose = () => {
      isClosed = true
      for (const carrier of [...carriers].reverse()) carrier.end()
      resolve(isClosedByUs ? undefined : lost(peer, reason))
    }
    client.on('error', (error) => { reason ??= error })
    client.once('close', onClose)
    for (const carrier of carriers) {
      carrier.on('error', (error) => { reason ??= error })
      carrier.once('close', () => { client.destroy() })
    }
  })
  const close = () => {
    if (isClosed || isClosedByUs) return
    isClosedByUs = true
    client.end()
    // A host that has gone does not answer the goodbye.
    setTimeout(() => { if (!isClosed) client.destroy() }, 1000).unref()
  }
  const exec = (command: string, options: ExecOptions = {}) => openChannel(client, command, options, closed, () => isClosed || isClosedByUs, peer)
  const needsSudo = peer.user !== 'root'
  return {
    peer, needsSudo, exec, close, closed,
    upload: (data, path, mode, options = {}) => uploadOver(exec, {data, path, mode, needsSudo, host: peer.host, ...options}),
  }
}

function lost({host}: SshPeer, cause?: Error): UnavailableError {
  return new UnavailableError(`the connection to ${host} was lost`, cause === undefined ? {} : {cause: new Error(printable(cause.message))})
}

function openChannel(
  client: Client, command: string, {pty, signal}: ExecOptions, closed: Promise<unknown>, isClosed: () => boolean, peer: SshPeer,
): Promise<SshChannel> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) { reject(new CancelledError()); return }
    if (isClosed()) { reject(lost(peer)); return }
    const onAbort = () => { reject(new CancelledError()) }
    signal?.addEventListener('abort', onAbort, {once: true})
    void closed.then(() => { reject(lost(peer)) })
    const options = pty === undefined ? {} : {pty: {term: pty.term, cols: pty.columns, rows: pty.rows, width: 0, height: 0}}
    client.exec(command, options, (error, channel) => {
      signal?.removeEventListener('abort', onAbort)
      if (error !== undefined && error !== null) {
        reject(new UnavailableError(`${peer.host} opened no channel for a program`, {cause: new Error(printable(error.message))}))
      } else if (signal?.aborted === true) channel.close()
      else resolve(channelOf(channel, closed, signal))
    })
  })
}

function channelOf(channel: ClientChannel, closed: Promise<unknown>, signal: AbortSignal | undefined): SshChannel {
  // A channel whose host is gone reports nothing more; a late error of the stream must not end the process.
  channel.on('error', () => undefined)
  let ending: ChannelExit | undefined
  channel.on('exit', (code: number | null, signalName?: string) => {
    ending = code === null ? {how: 'signalled', signal: printable(signalName ?? '').slice(0, 32)} : {how: 'exited', code}
  })
  const onAbort = () => { channel.close() }
  signal?.addEventListener('abort', onAbort, {once: true})
  const exit = new Promise<ChannelExit>((resolve) => {
    const end = () => {
      signal?.removeEventListener('abort', onAbort)
      resolve(ending ?? {how: 'lost'})
    }
    channel.once('close', end)
    void closed.then(end)
  })
  return {
    stream: channel, stderr: channel.stderr, exit,
    resize: ({columns, rows}) => { channel.setWindow(rows, columns, 0, 0) },
    signal: (name) => { channel.signal(name) },
    close: () => { channel.close() },
  }
}
