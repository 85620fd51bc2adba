// Removes what a virtual machine that has ended leaves on the host: tap devices, their settings, sockets, PID file. Right to call again
// and again. The caller holds the guest's lock and has seen that it does not run.
import type {Places} from '../../../base/index.ts'
import type {Host} from '../../../host/index.ts'
import {guestTaps, parseTapName, removeTaps} from '../../../network/index.ts'
import {guestPaths, guestRunFiles} from './sockets.ts'

export async function removeRunFiles(vmid: number, {host, places}: {host: Host; places: Places}): Promise<void> {
  const {network} = guestPaths(places, vmid)
  const settings = (await host.files.list(network)).filter(name => parseTapName(name)?.vmid === vmid)
  // A device without settings here is another installation's, whose guest would lose its network.
  await removeTaps((await guestTaps(vmid, host)).filter(tap => settings.includes(tap)), host)
  for (const name of settings) await host.files.remove(`${network}/${name}`)
  // The PID file goes last: while it is there, qmeventd and the doctor know that something is to be cleared up.
  const [pidFile, ...others] = guestRunFiles(places, vmid)
  for (const path of others) await host.files.remove(path)
  if (pidFile !== undefined) await host.files.remove(pidFile)
}
