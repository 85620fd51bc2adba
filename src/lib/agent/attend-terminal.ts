// Stays with a command on the second channel for as long as its client does. That channel alone does not tell that the client is gone: without a
// pseudo-terminal, or behind sudo, no signal comes, and an input that has ended may be an input that was never meant to say anything.
import type {Context} from '../tasks/index.ts'
import {stateOf, withdraw} from './terminal-tokens.ts'
import type {Place} from './terminal-tokens.ts'

const lookMs = 200
/** The command may be about to begin when its client goes. */
const beginningMs = 2_000
/** A command that was asked to end has this long. */
const endingMs = 3_000

/** Comes back when the command has ended. When the signal fires, ends it first. @throws CancelledError */
export async function attendTerminal(token: string, context: Place & Pick<Context, 'signal'>): Promise<void> {
  const {clock, signal} = context
  try {
    for (;;) {
      const state = await stateOf(token, context)
      if (state === 'ended') return
      if (state === 'forgotten' && await isStillForgotten(token, context)) return
      await clock.sleep(lookMs, signal)
    }
  } catch (error) {
    await withdraw(token, context)
    await endCommand(token, context)
    throw error
  }
}

/** Between taking the command and running it there is a moment in which neither file is there. */
async function isStillForgotten(token: string, context: Place & Pick<Context, 'signal'>): Promise<boolean> {
  await context.clock.sleep(beginningMs, context.signal)
  return await stateOf(token, context) === 'forgotten'
}

async function endCommand(token: string, context: Place): Promise<void> {
  const {host, clock} = context
  const giveUpAtMs = clock.monotonicMs() + beginningMs
  for (;;) {
    const state = await stateOf(token, context)
    if (typeof state === 'object') {
      await host.kill(state, 'SIGTERM')
      const killAtMs = clock.monotonicMs() + endingMs
      while (typeof await stateOf(token, context) === 'object' && clock.monotonicMs() < killAtMs) await clock.sleep(lookMs)
      await host.kill(state, 'SIGKILL')
      return
    }
    if (state === 'ended' || clock.monotonicMs() > giveUpAtMs) return
    await clock.sleep(lookMs)
  }
}
