// Removes what a virtual machine that has ended leaves on the host: programs that served it, tap devices, their settings, sockets, its
// control group, mediated devices that were made for it, its claims on devices, the PID file. Right to call again and again. The caller
// holds the guest's lock and has seen that it does not run.
import {guestTaps, parseTapName, removeTaps} from '../../../network/index.ts'
import {removeCpuGroup} from '../cpu-time/index.ts'
import {releasePciDevices} from '../host-devices/index.ts'
import type {EndContext} from './end-process.ts'
import {endHelpers, hasHelperSockets} from './helpers.ts'
import {guestPaths, guestRunFiles} from './sockets.ts'
import type {RuntimeContext} from './status.ts'

export async function removeRunFiles(vmid: number, context: RuntimeContext & EndContext): Promise<void> {
  const {host, places} = context
  const {dir, network, virtiofs, tpmSetup} = guestPaths(places, vmid)
  if (await hasHelperSockets(vmid, context)) await endHelpers(vmid, context)
  const settings = (await host.files.list(network)).filter(name => parseTapName(name)?.vmid === vmid)
  // A device without settings here is another installation's, whose guest would lose its network.
  await removeTaps((await guestTaps(vmid, host)).filter(tap => settings.includes(tap)), host)
  for (const name of settings) await host.files.remove(`${network}/${name}`)
  for (const name of await host.files.list(dir)) {
    const path = `${dir}/${name}`
    if (path.startsWith(virtiofs)) await host.files.remove(path)
    else if (path === tpmSetup) await host.files.removeTree(path)
  }
  await removeCpuGroup(vmid, {host, places})
  await releasePciDevices(vmid, {host, places})
  // The PID file goes last: while it is there, qmeventd and the doctor know that something is to be cleared up.
  const [pidFile, ...others] = guestRunFiles(places, vmid)
  for (const path of others) await host.files.remove(path)
  if (pidFile !== undefined) await host.files.remove(pidFile)
}
