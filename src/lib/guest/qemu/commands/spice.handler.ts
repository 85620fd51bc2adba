// Makes a ticket for a guest's SPICE server. The ticket is in the result alone: neither in arguments nor in a log.
import {ConflictError} from '../../../base/index.ts'
import {handleRead} from '../../../tasks/index.ts'
import {readGuest} from '../guest-files.ts'
import {assertRunning} from '../runtime/assert-running.ts'
import {guestPaths} from '../runtime/sockets.ts'
import {newSpiceTicket, setSpiceTicket, spiceTicketSeconds, viewerFile} from '../runtime/spice-ticket.ts'
import {spec} from './spice.spec.ts'

interface SpiceAccess {
  readonly type: 'spice'
  readonly socket: string
  readonly password: string
  readonly expires: number
  readonly host?: string
  readonly port?: number
  readonly title: string
}

export const handler = handleRead(spec, async ({vmid, port, address}, context): Promise<SpiceAccess> => {
  const {host, places, node, signal} = context
  const {config} = await readGuest(vmid, context)
  await assertRunning(vmid, context)
  const {spice, qmp} = guestPaths(places, vmid)
  if (await host.files.stat(spice) === undefined) {
    throw new ConflictError(`virtual machine ${vmid} has no SPICE display`, {
      nextSteps: [`Give it one, and start it anew: qm set ${vmid} --vga qxl`, `A display of another kind is shown by VNC: qm vncproxy ${vmid}`], data: {vmid},
    })
  }
  const password = newSpiceTicket()
  await setSpiceTicket(host, qmp, password, signal)
  const title = `VM ${vmid} - ${config.current.values['name'] ?? `VM ${vmid}`} on ${node}`
  return {
    type: 'spice', socket: spice, password, expires: spiceTicketSeconds, title,
    ...(port === undefined ? {} : {host: address ?? '127.0.0.1', port}),
  }
}, ({socket, password, host, port, title}) => {
  if (host === undefined || port === undefined) return [`spice+unix://${encodeURI(socket)}`, password]
  return viewerFile({title, host, port, ticket: password}).trimEnd().split('\n')
})
