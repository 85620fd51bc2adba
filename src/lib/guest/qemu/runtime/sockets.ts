// Where a running virtual machine keeps its files on the host: PID file, sockets, the settings of its network cards. Names only;
// nothing here looks at a disk. The names are those of Proxmox VE's /var/run/qemu-server, below our own run directory.
import type {Places} from '../../../base/index.ts'
import {virtiofsKeys} from '../config/virtiofs.ts'

export const serialInterfaces = ['serial0', 'serial1', 'serial2', 'serial3'] as const
export type SerialInterface = (typeof serialInterfaces)[number]

export interface GuestPaths {
  /** The folder of all guests' run files, mode 0700. */
  readonly dir: string
  /** Written and locked by QEMU itself (-pidfile). */
  readonly pid: string
  readonly qmp: string
  /** The guest agent's socket. */
  readonly qga: string
  readonly vnc: string
  readonly spice: string
  readonly serial0: string
  readonly serial1: string
  readonly serial2: string
  readonly serial3: string
  /** Where swtpm serves the guest's TPM, and what it says. */
  readonly swtpm: string
  readonly swtpmLog: string
  /** Where the state of the machine goes when it is saved, and comes from when it is loaded. */
  readonly state: string
  /** The folder in which a new TPM is made; private, and gone once it is on its volume. */
  readonly tpmSetup: string
  /** Takes the settings for cloud-init for the moment in which they are written to their drive. */
  readonly cloudInit: string
  /** The firmware's variables, on their way to or from a volume. */
  readonly efiVars: string
  /** Where the worker serves the disks of the backup that the machine is being restored from; of no end of the machine, as they may be needed behind it. */
  readonly backup: string
  /** Where a virtiofsd serves a folder, with the number of its key behind it. */
  readonly virtiofs: string
  /** How often the hook script was called for the start or the end that is under way. */
  readonly hookCalls: {readonly 'post-start': string; readonly 'pre-stop': string; readonly 'post-stop': string}
  /** What was started: process, machine type, QEMU version, when. JSON, written by start. */
  readonly record: string
  /** Present from before the guest's file systems are frozen until they are thawed; says who froze them. JSON. */
  readonly frozen: string
  /** Present while somebody holds the machine for a moment; says who. JSON. */
  readonly held: string
  /** Present while `qm reboot` waits for the guest to end: whoever cleans up starts it again. */
  readonly reboot: string
  /** Firmware variables of a guest that keeps none, gone with it. */
  readonly firmware: string
  /** The huge pages that were reserved for it. */
  readonly hugePages: string
  /** Folder with a settings file for each tap device, read by libexec/pve-bridge. */
  readonly network: string
}

/** The folder with the run files of all virtual machines. */
export function guestRunDir(places: Places): string {
  return `${places.runDir}/qemu-server`
}

/** The run files of one virtual machine. */
export function guestPaths(places: Places, vmid: number): GuestPaths {
  const dir = guestRunDir(places)
  const base = `${dir}/${vmid}`
  return {
    dir,
    pid: `${base}.pid`,
    qmp: `${base}.qmp`,
    qga: `${base}.qga`,
    vnc: `${base}.vnc`,
    spice: `${base}.spice`,
    serial0: `${base}.serial0`,
    serial1: `${base}.serial1`,
    serial2: `${base}.serial2`,
    serial3: `${base}.serial3`,
    swtpm: `${base}.swtpm`,
    swtpmLog: `${base}.swtpmlog`,
    state: `${base}.state`,
    tpmSetup: `${base}.tpmsetup`,
    cloudInit: `${base}.cloudinit`,
    efiVars: `${base}.efivars`,
    backup: `${base}.backup`,
    virtiofs: `${base}.virtiofs`,
    hookCalls: {'post-start': `${base}.poststart`, 'pre-stop': `${base}.prestop`, 'post-stop': `${base}.poststop`},
    record: `${base}.json`,
    frozen: `${base}.frozen`,
    held: `${base}.held`,
    reboot: `${base}.reboot`,
    hugePages: `${base}.hugepages`,
    firmware: `${dir}/efidisk/${vmid}-ovmf.fd`,
    network: `${dir}/network`,
  }
}

/** Where QEMU reports its events (-chardev socket,id=qmp-event) and qmeventd listens. */
export function eventSocketPath(places: Places): string {
  return `${places.runDir}/qmeventd.sock`
}

/** The sockets that other programs than QEMU serve for a guest. */
export function helperSockets(places: Places, vmid: number): readonly string[] {
  const {swtpm, virtiofs} = guestPaths(places, vmid)
  return [swtpm, ...virtiofsKeys.map((key) => `${virtiofs}${key.slice('virtiofs'.length)}`)]
}

/** Every run file of a guest except the taps' settings and what concerns shared folders, for removal once it has ended. */
export function guestRunFiles(places: Places, vmid: number): readonly string[] {
  const paths = guestPaths(places, vmid)
  return [paths.pid, paths.qmp, paths.qga, paths.vnc, paths.spice, paths.serial0, paths.serial1, paths.serial2, paths.serial3, paths.firmware, paths.swtpm, paths.swtpmLog, paths.state, paths.cloudInit, paths.efiVars, ...Object.values(paths.hookCalls), paths.frozen, paths.held, paths.record]
}
