// Joins a program's standard input and output to streams that others own: backpressure both ways, and a failure of theirs is told apart from one of
// the program's.
import type {Readable, Writable} from 'node:stream'
import {finished} from 'node:stream/promises'
import type {RunOptions} from '../host.ts'

interface JoinedStreams {
  /** When everything has been handed on; with the failure of a stream that is not the program's, if there was one. @param isAbandoned the program lives on, so nothing is waited for */
  ended(isAbandoned: boolean): Promise<Error | undefined>
}

/** @param onFailure called once when a stream fails, so that the program can be ended */
export function joinStreams(child: {readonly stdin: Writable | null; readonly stdout: Readable | null}, {inputStream, outputStream}: RunOptions, onFailure: () => void): JoinedStreams {
  let failure: Error | undefined
  const fail = (error: Error): void => {
    if (failure !== undefined) return
    failure = error
    if (outputStream !== undefined) child.stdout?.destroy()
    onFailure()
  }
  const undo: (() => void)[] = []
  const waits: Promise<unknown>[] = []
  const {stdin, stdout} = child
  if (inputStream !== undefined && stdin !== null) {
    // A program that ends before its input does breaks the pipe: its exit code says whether that is a failure.
    stdin.on('error', () => { inputStream.unpipe(stdin) })
    const onEnd = (): void => { if (!inputStream.readableEnded) fail(new Error('the stream was closed before its end')) }
    inputStream.on('error', fail)
    inputStream.on('close', onEnd)
    undo.push(() => { inputStream.off('error', fail); inputStream.off('close', onEnd); inputStream.unpipe(stdin) })
    if (inputStream.destroyed && !inputStream.readableEnded) onEnd()
    else inputStream.pipe(stdin)
  }
  if (outputStream !== undefined && stdout !== null) {
    const onClose = (): void => fail(new Error('whoever took the stream has gone'))
    outputStream.on('error', fail)
    outputStream.on('close', onClose)
    undo.push(() => { outputStream.off('error', fail); outputStream.off('close', onClose) })
    if (outputStream.destroyed) onClose()
    else stdout.pipe(outputStream, {end: false})
    waits.push(finished(stdout).catch(() => undefined))
  }
  return {
    ended: async (isAbandoned) => {
      if (!isAbandoned && failure === undefined) await Promise.all(waits)
      for (const step of undo) step()
      return failure
    },
  }
}
