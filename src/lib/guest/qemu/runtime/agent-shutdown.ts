// Asks the agent inside a guest to shut it down. Everything that comes over this socket is the guest's own word: it is bounded in size
// and time, and believed only as far as whether somebody answered.
import type {Clock} from '../../../base/index.ts'
import {UnavailableError} from '../../../base/index.ts'
import type {Host} from '../../../host/index.ts'
import {MessageReader} from '../qmp/message-reader.ts'

const answerTimeoutMs = 5_000
const maxAnswerBytes = 64 * 1024

/**
 * Sends guest-shutdown. First guest-sync, because that command answers and tells that an agent is there; guest-shutdown does not.
 * @throws UnavailableError when no agent answers in time; CancelledError
 */
export async function askAgentToShutDown(socketPath: string, {host, signal}: {host: Host; clock: Clock; signal: AbortSignal}): Promise<void> {
  const stream = await host.connect(socketPath, answerTimeoutMs)
  const id = Math.floor(Math.random() * 2 ** 31)
  try {
    await new Promise<void>((resolve, reject) => {
      const reader = new MessageReader(maxAnswerBytes)
      const timer = setTimeout(() => reject(new UnavailableError(`no guest agent answered within ${answerTimeoutMs / 1000} s`)), answerTimeoutMs)
      const onAbort = () => reject(new UnavailableError('waiting for the guest agent was cancelled'))
      const finish = () => { clearTimeout(timer); signal.removeEventListener('abort', onAbort) }
      signal.addEventListener('abort', onAbort, {once: true})
      stream.on('error', (cause) => { finish(); reject(new UnavailableError('the connection to the guest agent failed', {cause})) })
      stream.on('close', () => { finish(); reject(new UnavailableError('the guest agent closed the connection')) })
      stream.on('data', (chunk: Buffer) => {
        try {
          // Answers to questions of an earlier connection may come first; ours carries our number.
          for (const message of reader.push(chunk)) if (message['return'] === id) { finish(); resolve() }
        } catch (error) {
          finish()
          reject(error instanceof Error ? error : new UnavailableError('the guest agent sent something else than an answer'))
        }
      })
      stream.write(`${JSON.stringify({execute: 'guest-sync', arguments: {id}})}\n`)
    })
    await new Promise<void>((resolve, reject) => {
      stream.write(`${JSON.stringify({execute: 'guest-shutdown', arguments: {mode: 'powerdown'}})}\n`, (error) => {
        if (error === null || error === undefined) resolve()
        else reject(new UnavailableError('the guest agent could not be asked', {cause: error}))
      })
    })
  } finally {
    stream.destroy()
  }
}
