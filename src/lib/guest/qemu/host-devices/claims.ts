// Which guest has which PCI device of the host. A claim is a file in the run directory, named by the address and holding the VMID; it is
// made before the device is touched and removed after the guest has ended. Making one is a single step that fails where there is one,
// so two starts at the same moment cannot both get a device.
import type {Places} from '../../../base/index.ts'
import {AppError, ConflictError} from '../../../base/index.ts'
import type {Host} from '../../../host/index.ts'
import type {Store} from '../../../store/index.ts'
import {guestLockName} from '../guest-files.ts'
import {runtimeStatus} from '../runtime/status.ts'

export interface ClaimContext { readonly host: Host; readonly places: Places }
export interface LiveClaimContext extends ClaimContext { readonly store: Pick<Store, 'lockHolder'> }

/** Names of the claims' files: addresses in sysfs, and UUIDs of mediated devices. */
const namePattern = /^(?:[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/

export function claimFolder(places: Places): string {
  return `${places.runDir}/qemu-server/pci`
}

/** The claims of guests that run, are being started or are being ended, and those that cannot be read. */
export async function liveClaims(context: LiveClaimContext): Promise<Map<string, number | undefined>> {
  const claims = await claimedDevices(context)
  for (const [address, holder] of claims) if (holder !== undefined && await isStale(holder, context)) claims.delete(address)
  return claims
}

/** A guest that neither runs nor is being worked on left its claims behind. */
async function isStale(vmid: number, context: LiveClaimContext): Promise<boolean> {
  return await runtimeStatus(vmid, context) === undefined && await context.store.lockHolder(guestLockName(vmid)) === undefined
}

/** Every claimed address with the guest that holds it. A claim that cannot be read is somebody's: its holder is not known. */
async function claimedDevices({host, places}: ClaimContext): Promise<Map<string, number | undefined>> {
  const claims = new Map<string, number | undefined>()
  for (const name of await host.files.list(claimFolder(places))) {
    if (namePattern.test(name)) claims.set(name, await readClaim(name, {host, places}))
  }
  return claims
}

async function readClaim(address: string, {host, places}: ClaimContext): Promise<number | undefined> {
  try {
    const text = await host.files.readText(`${claimFolder(places)}/${address}`, 64)
    return /^[1-9]\d{2,8}$/.test(text.trim()) ? Number(text) : undefined
  } catch (error) {
    if (error instanceof AppError && error.kind === 'not-found') return undefined
    throw error
  }
}

/**
 * Claims devices for a guest; right for one that it has already. A claim that was left behind is taken over.
 * @throws ConflictError naming the guest that has a device
 */
export async function claimDevices(vmid: number, addresses: readonly string[], context: LiveClaimContext): Promise<void> {
  const {host, places} = context
  await host.files.makeDirectory(claimFolder(places), 0o700)
  for (const address of addresses) {
    const path = `${claimFolder(places)}/${address}`
    const holder = await readClaim(address, context)
    if (holder === vmid) continue
    if (holder !== undefined && await isStale(holder, context)) await host.files.remove(path)
    try {
      await host.files.write(path, `${vmid}\n`, {overwrite: false, durable: false})
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error
      const other = await readClaim(address, context)
      throw new ConflictError(`the PCI device ${address} belongs to ${other === undefined ? 'another virtual machine' : `virtual machine ${other}`}`, {
        cause: error, data: {vmid, address}, ...(other === undefined ? {} : {nextSteps: [`Stop it first: qm stop ${other}`]}),
      })
    }
  }
}

/**
 * Gives up what a guest has claimed.
 * @param letGo what is done with each while the claim still stands
 */
export async function releaseDevices(vmid: number, context: ClaimContext, letGo: (name: string) => Promise<void>): Promise<void> {
  for (const [name, holder] of await claimedDevices(context)) {
    if (holder !== vmid) continue
    await letGo(name)
    await context.host.files.remove(`${claimFolder(context.places)}/${name}`)
  }
}
