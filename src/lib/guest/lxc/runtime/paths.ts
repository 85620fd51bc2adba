// Where a container has its files on the host while it runs. Names only; nothing here looks at a disk.
import {createHash} from 'node:crypto'
import type {Places} from '../../../base/index.ts'

export interface ContainerPaths {
  /** The folder of all containers' run files, mode 0700. */
  readonly dir: string
  /** LXC's own configuration, made anew at each start. */
  readonly config: string
  /** LXC's log of the last start. */
  readonly log: string
  /** The number of LXC's monitor, which it writes itself and takes away with its end. */
  readonly pid: string
  /** Which run it is. There from before LXC is started until somebody has cleared up after the container's end. */
  readonly run: string
  /** Its own filter of system calls. */
  readonly seccomp: string
  /** Present while a reboot waits for the container's end: whoever clears up starts it again. */
  readonly reboot: string
  /** Present while a command of ours holds it frozen: which process that is. */
  readonly frozen: string
  /** How often the hook script was called for the start or the end that is under way. */
  readonly hookCalls: {readonly 'post-start': string; readonly 'pre-stop': string; readonly 'post-stop': string}
  /** What `-P` is given to LXC's programs: its sockets are named by it. */
  readonly lxcPath: string
  /** Where the mount space has the root file system, and the mount points beside it (docs/containers.md). */
  readonly rootfs: string
}

/** Over this folder of the host a tmpfs is mounted in each mount space, so that a container's users may search what is above its root. */
export const mountBase = '/var/lib/lxc'

/** The path that LXC knows its containers by: its own for the system's installation, another one for a private one. */
export function lxcPathOf({root, runDir}: Pick<Places, 'root' | 'runDir'>): string {
  return root === undefined ? mountBase : `${mountBase}/${createHash('sha256').update(runDir).digest('hex').slice(0, 12)}`
}

export function containerRunDir({runDir}: Pick<Places, 'runDir'>): string {
  return `${runDir}/lxc`
}

export function containerPaths(places: Pick<Places, 'root' | 'runDir'>, vmid: number): ContainerPaths {
  const dir = containerRunDir(places)
  const lxcPath = lxcPathOf(places)
  const base = `${dir}/${vmid}`
  return {
    dir, config: `${base}.config`, log: `${base}.log`, pid: `${base}.pid`, run: `${base}.run`, reboot: `${base}.reboot`, frozen: `${base}.frozen`, seccomp: `${base}.seccomp`,
    hookCalls: {'post-start': `${base}.poststart`, 'pre-stop': `${base}.prestop`, 'post-stop': `${base}.poststop`},
    lxcPath, rootfs: `${lxcPath}/${vmid}/rootfs`,
  }
}

/** What is removed once a container has ended. The log stays: it says why the last start failed. The run goes last: while it is there, somebody still has to clear up. */
export function endedRunFiles(places: Pick<Places, 'root' | 'runDir'>, vmid: number): readonly string[] {
  const {config, pid, hookCalls, run, seccomp, frozen} = containerPaths(places, vmid)
  return [config, seccomp, pid, frozen, ...Object.values(hookCalls), run]
}

/** Where the SSH host keys of a new container are for the moment that their making takes. */
export function hostKeyFolder(places: Pick<Places, 'runDir'>, vmid: number): string {
  return `${containerRunDir(places)}/${vmid}.keys`
}

/** Where the mount space has the nodes of devices that are passed through. */
export function devicePlace(places: Pick<Places, 'root' | 'runDir'>, vmid: number): string {
  return `${lxcPathOf(places)}/${vmid}/dev`
}

/** Where the mount space has a mount point, or a device: one that is passed through, or that of a file system with quotas. */
export function mountPlace(places: Pick<Places, 'root' | 'runDir'>, vmid: number, key: string): string {
  return /^(?:dev\d|quota-)/.test(key) ? `${devicePlace(places, vmid)}/${key}` : `${lxcPathOf(places)}/${vmid}/${key}`
}

/** The host's end of an interface. At most 15 bytes: 4 + 9 + 1 + 2 would be 16, so numbers of nine digits give way. */
export function vethName(vmid: number, index: number): string {
  const name = `veth${vmid}i${index}`
  return name.length <= 15 ? name : `v${vmid}i${index}`
}
