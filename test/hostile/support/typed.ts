// The command line as it is typed, from its words to its exit code and what it prints, in this process. Interactive commands read from
// a text instead of a keyboard. Tasks would need a process of their own; see in-process.ts for those.
import {Readable, Writable} from 'node:stream'
import {aliases} from '../../../src/lib/cli/aliases.ts'
import {localServices} from '../../../src/lib/cli/local-services.ts'
import {errorReport, errorText} from '../../../src/lib/cli/print-error.ts'
import {runWords} from '../../../src/lib/cli/run-words.ts'
import {catalog} from '../../../src/lib/catalog.ts'
import type {Answer} from '../../e2e/support/installation.ts'

/** Runs words such as `['qm', 'status', '100']` in the installation below `root`. */
export async function typed(words: readonly string[], root: string, input = ''): Promise<Answer> {
  const env = {PATH: process.env['PATH'], CORRAL_ROOT: root, CORRAL_NODE: 'h1', CORRAL_TEST_CHECK_RESULTS: '1'}
  let stdout = ''
  let stderr = ''
  const terminal = {
    input: Readable.from(input === '' ? [] : [Buffer.from(input)]) as unknown as NodeJS.ReadStream,
    output: new Writable({write: (chunk: Buffer, _encoding, done) => { stdout += chunk.toString(); done() }}) as unknown as NodeJS.WriteStream,
  }
  const startedAt = performance.now()
  const end = (code: number): Answer => ({code, stdout, stderr, tookMs: performance.now() - startedAt})
  try {
    return end(await runWords(words, {
      catalog, aliases, env, signal: new AbortController().signal, terminal: () => terminal,
      streams: {stdout: {write: (text) => { stdout += text }}, stderr: {write: (text) => { stderr += text }}},
      services: () => Promise.resolve(localServices({catalog, env})),
    }))
  } catch (error) {
    const {exitCode, kind} = errorReport(error)
    stderr += errorText(error, false, kind === 'internal')
    return end(exitCode)
  }
}
