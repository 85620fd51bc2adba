// The program that `qm start` leaves behind to watch the guests (start.ts). It ends with the last guest. Kept apart from the command
// line, so that what lives long loads little.
import {errorChain} from '../../../base/index.ts'
import {localContext} from '../../../tasks/local-context.ts'
import {runEventDaemon} from './run.ts'

const stop = new AbortController()
for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort())
process.title = 'qmeventd'

const report = (line: string): void => { process.stderr.write(`${new Date().toISOString()} ${line}\n`) }
const openContext = () => localContext({
  env: process.env, catalog: {commands: {}, actionLoaders: {}}, workerArgv: [], signal: stop.signal,
  log: {info: report, warn: report, progress: () => undefined},
})
try {
  const {context} = await openContext()
  await runEventDaemon({
    context, endsWithLastGuest: true, report,
    withStore: async (work) => {
      const {context: {store}, close} = await openContext()
      try {
        await work(store)
      } finally {
        await close()
      }
    },
  })
} catch (error) {
  report(errorChain(error).join(': '))
  process.exitCode = 1
}
