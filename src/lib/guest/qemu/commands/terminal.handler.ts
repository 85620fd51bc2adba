// Opens a terminal on a serial port of a running virtual machine.
import {AppError, ConflictError, InvalidInputError} from '../../../base/index.ts'
import {handleRead} from '../../../tasks/index.ts'
import {readGuest} from '../guest-files.ts'
import {withQmp} from '../qmp/index.ts'
import {assertRunning} from '../runtime/assert-running.ts'
import {guestPaths, serialInterfaces} from '../runtime/sockets.ts'
import type {SerialInterface} from '../runtime/sockets.ts'
import {escapeByte, escapeInWords, joinTerminal} from '../runtime/serial-terminal.ts'
import {spec} from './terminal.spec.ts'

export const handler = handleRead(spec, async ({vmid, iface, escape = '^O'}, context): Promise<null> => {
  const {host, places, terminal, log, signal, clock} = context
  if (terminal === undefined) throw new AppError('internal', 'qm terminal was called without a terminal')
  const escapeKey = escapeByte(escape)
  const {config} = await readGuest(vmid, context)
  await assertRunning(vmid, context)
  const port = choosePort(vmid, config.current.values, iface)
  const paths = guestPaths(places, vmid)
  const ports = await withQmp(host, paths.qmp, {signal}, (client) => client.execute('query-chardev'))
  refuseTaken(vmid, port, ports)
  const stream = await host.connect(paths[port])
  const notice = (line: string) => { if (log.notice === undefined) log.info(line); else log.notice(line) }
  notice(`terminal on ${port} of virtual machine ${vmid}${escapeKey === undefined ? '' : `; ${escapeInWords(escapeKey)} leaves it`}`)
  const ending = await joinTerminal({stream, terminal, escapeKey, clock, signal})
  if (ending === 'guest') notice(`virtual machine ${vmid} closed the port`)
  return null
})

/** @throws InvalidInputError when there is no such port, or it is not one that we can open */
function choosePort(vmid: number, values: Readonly<Record<string, string>>, wanted: SerialInterface | undefined): SerialInterface {
  const port = wanted ?? serialInterfaces.find((name) => values[name] === 'socket')
  if (port !== undefined && values[port] === 'socket') return port
  const which = wanted ?? 'serial0'
  throw new InvalidInputError(
    wanted !== undefined && values[wanted] !== undefined
      ? `${wanted} of virtual machine ${vmid} is ${values[wanted] ?? ''} of the host, which is not opened here`
      : `virtual machine ${vmid} has no serial port${wanted === undefined ? '' : ` ${wanted}`} that can be opened`,
    {iface: 'is not a serial port of this machine'},
    {nextSteps: [`Add one, and restart the guest: qm set ${vmid} --${which} socket`]},
  )
}

/** QEMU names a socket that nobody is connected to `disconnected:unix:…`. */
function refuseTaken(vmid: number, port: SerialInterface, answer: unknown): void {
  const chardevs = Array.isArray(answer) ? answer as unknown[] : []
  for (const chardev of chardevs) {
    if (typeof chardev !== 'object' || chardev === null) continue
    const {label, filename} = chardev as {label?: unknown; filename?: unknown}
    if (label !== port || typeof filename !== 'string' || filename.startsWith('disconnected:')) continue
    throw new ConflictError(`${port} of virtual machine ${vmid} is in use by another terminal`, {
      nextSteps: ['Leave the other terminal first (Ctrl-O in `qm terminal`).'], data: {vmid, iface: port},
    })
  }
}
