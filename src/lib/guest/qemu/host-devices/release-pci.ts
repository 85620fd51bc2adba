// Gives up what a guest has of the host's PCI devices once it has ended. Devices stay with vfio-pci, ready for its next start: many drivers do
// not survive getting a card back.
import type {ClaimContext} from './claims.ts'
import {releaseDevices} from './claims.ts'

/** Right to be done again; nothing for a guest without such devices. */
export async function releasePciDevices(vmid: number, context: ClaimContext): Promise<void> {
  await releaseDevices(vmid, context, async name => {
    if (/^\d{8}-0000-0000-0000-\d{12}$/.test(name)) await (await import('./pci-driver.ts')).removeMediatedDevice(name, context.host)
  })
}
