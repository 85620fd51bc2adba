// Lets a VNC viewer behind standard input and output see the screen of a running virtual machine.
import {AppError, ConflictError, ForbiddenError, InvalidInputError} from '../../../base/index.ts'
import {handleRead} from '../../../tasks/index.ts'
import {readGuest} from '../guest-files.ts'
import {withQmp} from '../qmp/index.ts'
import {assertRunning} from '../runtime/assert-running.ts'
import {guestPaths} from '../runtime/sockets.ts'
import {joinStreams} from '../runtime/vnc-proxy.ts'
import {spec} from './vncproxy.spec.ts'

/** How long the password lets a viewer in, as Proxmox VE has it. */
const validSeconds = 30

export const handler = handleRead(spec, async ({vmid}, context): Promise<null> => {
  const {host, places, terminal, signal, environment} = context
  if (terminal === undefined) throw new AppError('internal', 'qm vncproxy was called without streams')
  const ticket = environment?.['LC_PVE_TICKET'] ?? ''
  if (ticket === '') {
    throw new ForbiddenError('without a password nobody is let in: LC_PVE_TICKET is not set', {nextSteps: [`LC_PVE_TICKET=… qm vncproxy ${vmid}`]})
  }
  if (terminal.input.isTTY === true) {
    throw new InvalidInputError('qm vncproxy speaks the VNC protocol, which no terminal shows; run it behind a program that carries it to a viewer', {}, {
      nextSteps: [`To type at the guest: qm terminal ${vmid}`],
    })
  }
  await readGuest(vmid, context)
  await assertRunning(vmid, context)
  const paths = guestPaths(places, vmid)
  if (await host.files.stat(paths.vnc) === undefined) {
    throw new ConflictError(`virtual machine ${vmid} has no screen`, {nextSteps: [`Its display is a serial port or none (qm config ${vmid}); qm terminal ${vmid} shows a serial port.`], data: {vmid}})
  }
  await withQmp(host, paths.qmp, {signal}, async (client) => {
    await client.execute('set_password', {protocol: 'vnc', password: ticket})
    await client.execute('expire_password', {protocol: 'vnc', time: `+${validSeconds}`})
  })
  await joinStreams(await host.connect(paths.vnc), terminal, signal)
  return null
})
