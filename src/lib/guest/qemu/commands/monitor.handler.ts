// A prompt on the human monitor of a running virtual machine.
import {AppError} from '../../../base/index.ts'
import {handleRead} from '../../../tasks/index.ts'
import {readGuest} from '../guest-files.ts'
import {withQmp} from '../qmp/index.ts'
import {assertRunning} from '../runtime/assert-running.ts'
import {runMonitor} from '../runtime/monitor-prompt.ts'
import {guestPaths} from '../runtime/sockets.ts'
import {spec} from './monitor.spec.ts'

export const handler = handleRead(spec, async ({vmid}, context): Promise<null> => {
  const {host, places, terminal, log, signal} = context
  if (terminal === undefined) throw new AppError('internal', 'qm monitor was called without a terminal')
  await readGuest(vmid, context)
  await assertRunning(vmid, context)
  const {qmp} = guestPaths(places, vmid)
  // Connected for each command: the socket has room for one client, and a prompt may stay open for hours.
  const execute = (line: string) => withQmp(host, qmp, {signal}, (client) =>
    client.execute('human-monitor-command', {'command-line': line}, {timeoutMs: 60_000, signal}))
  await runMonitor({vmid, terminal, log, signal, execute})
  return null
})
