// Lets a viewer in at the SPICE server of a guest, and writes the file that viewers are started with.
import {randomBytes} from 'node:crypto'
import type {Host} from '../../../host/index.ts'
import {withQmp} from '../qmp/index.ts'

/** How long a ticket lets viewers in, as Proxmox VE has it. All channels of a viewer are opened within this time. */
export const spiceTicketSeconds = 30

/** A password that was never used: 144 bits in 24 characters; SPICE compares up to 60. */
export function newSpiceTicket(): string {
  return randomBytes(18).toString('base64url')
}

/**
 * Replaces the guest's ticket. Viewers that are in stay in.
 * @throws ToolError when QEMU has no SPICE server, or one that asks for no ticket
 */
export async function setSpiceTicket(host: Host, qmpPath: string, ticket: string, signal?: AbortSignal): Promise<void> {
  await withQmp(host, qmpPath, signal === undefined ? {} : {signal}, async (client) => {
    await client.execute('set_password', {protocol: 'spice', password: ticket})
    await client.execute('expire_password', {protocol: 'spice', time: `+${spiceTicketSeconds}`})
  })
}

export interface ViewerConnection {
  readonly title: string
  readonly host: string
  readonly port: number
  readonly ticket: string
}

/**
 * A connection file of virt-viewer (remote-viewer(1)), which the viewer removes when it has read it.
 * The keys are those that Proxmox VE's own files carry where they fit a connection without TLS.
 */
export function viewerFile({title, host, port, ticket}: ViewerConnection): string {
  const settings = {
    type: 'spice', host, port, password: ticket, title: title.replace(/[^\x20-\x7e]/g, '?'),
    'delete-this-file': 1, 'secure-attention': 'Ctrl+Alt+Ins', 'toggle-fullscreen': 'Shift+F11', 'release-cursor': 'Ctrl+Alt+R',
  }
  return `[virt-viewer]\n${Object.entries(settings).map(([key, value]) => `${key}=${value}\n`).join('')}`
}
