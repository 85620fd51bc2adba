// Runs the daemon that watches the guests: here, or in a process of its own.
import {UnavailableError} from '../../../base/index.ts'
import {corralProgram} from '../../../host/programs.ts'
import {handleRead} from '../../../tasks/index.ts'
import type {Context} from '../../../tasks/index.ts'
import {runEventDaemon} from '../qmeventd/run.ts'
import {awaitSocket, daemonLogPath} from '../qmeventd/start.ts'
import {hasSystemd} from '../cpu-time/index.ts'
import {spec} from './qmeventd.spec.ts'

export const handler = handleRead(spec, async ({PATH: socketPath, f: staysInForeground, v: isVerbose}, context): Promise<null> => {
  if (staysInForeground !== true) {
    await runInBackground(socketPath, isVerbose === true, context)
    return null
  }
  const {log} = context
  const report = (line: string) => { if (log.notice === undefined) log.info(line); else log.notice(line) }
  await runEventDaemon({
    context, socketPath, endsWithLastGuest: false, report, runsInUnits: context.places.root === undefined && await hasSystemd(context.host),
    ...(isVerbose === true ? {reportDetail: report} : {}),
    withStore: async (work) => { await work(context.store) },
  })
  return null
})

async function runInBackground(socketPath: string, isVerbose: boolean, context: Context): Promise<void> {
  const {host, places} = context
  await host.files.makeDirectory(places.logDir, 0o755)
  const logPath = daemonLogPath(places)
  const argv = [...corralProgram(), 'qmeventd', socketPath, '--f', '1', ...(isVerbose ? ['--v', '1'] : [])]
  const process = await host.spawnDetached(argv, {stdoutPath: logPath, stderrPath: logPath, cwd: '/'})
  if (await awaitSocket(socketPath, context, process)) return
  throw new UnavailableError(`qmeventd did not come up on ${socketPath}`, {nextSteps: [`Look at ${logPath}.`]})
}
