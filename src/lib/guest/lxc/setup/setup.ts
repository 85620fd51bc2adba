// What the steps of a set-up are given: the root file system of a container, what its configuration says, and how files are written there. All access goes
// through the tree, which no link leads out of; new files belong to the container's root.
import type {FileTree} from '../../../host/index.ts'
import type {Net} from '../config/index.ts'

/** What is written into the root file system, with where it comes from. Data, so that the texts can be tested without a container. */
export interface SetupFacts {
  readonly vmid: number
  /** `hostname`, whole. */
  readonly hostName: string
  readonly nets: readonly Net[]
  /** Of the container, else of the host. */
  readonly nameServers: readonly string[]
  readonly searchDomains: readonly string[]
  readonly ttyCount: number
  /** The release as the distribution counts them: `12.4`, `3.13.1`, `22.04`. */
  readonly release: string
  /** Where the clock is, as `timezone` has it; absent to leave it alone. */
  readonly zone?: TimeZone
  /** In days since 1970, as shadow(5) counts. */
  readonly today: number
  /** A number from 0 up to 1, anew at each call. */
  readonly random: () => number
  readonly uuid: () => string
}

export interface TimeZone {
  /** Below /usr/share/zoneinfo; undefined where the host's own is not from there. */
  readonly name?: string
  /** The zone as tzfile(5) has it, of the host; for containers without such files. */
  readonly data?: Buffer
}

/** A key by which an SSH server shows who it is. */
export interface HostKey {
  /** As the file names have it: `rsa`, `ecdsa`, `ed25519`. */
  readonly type: string
  readonly secret: string
  readonly open: string
}

export interface Setup {
  readonly tree: FileTree
  readonly facts: SetupFacts
  readonly owner: {readonly uid: number; readonly gid: number}
  /** Only when the container is made. */
  readonly passwordHash: string | undefined
  readonly sshKeys: string | undefined
  readonly hostKeys: readonly HostKey[]
  /** Takes what somebody should know. */
  readonly warn: (text: string) => void
}

/** One concern: looks at the files and writes what is to be. Right when it is done again. */
export type SetupStep = (at: Setup) => Promise<void>

export interface Distribution {
  /** Which release is in the tree; empty where it does not matter. */
  readonly release: (tree: FileTree) => Promise<string>
  /** At each start, and when the container is made. */
  readonly always: readonly SetupStep[]
  /** Only when the container is made. */
  readonly whenNew: readonly SetupStep[]
}

const maxFileBytes = 1024 * 1024

/** The text of a file; empty when it is not there. */
export async function textOf({tree}: Setup, path: string): Promise<string> {
  return await tree.readText(path, maxFileBytes) ?? ''
}

/** Writes a file, unless it is as wanted already or a file `.pve-ignore.NAME` beside it says to leave it alone. Its mode stays, if it was there. */
export async function put({tree, owner}: Setup, path: string, text: string, mode = 0o644): Promise<void> {
  if (await isIgnored(tree, path)) return
  const was = await tree.stat(path)
  if (was?.kind === 'file' && await tree.readText(path, maxFileBytes) === text) return
  const folder = path.slice(0, path.lastIndexOf('/'))
  if (folder !== '') await tree.makeDirectory(folder, owner)
  await tree.write(path, text, {...owner, mode: was?.kind === 'file' ? was.mode & 0o777 : mode})
}

/** Administrators of containers keep a file for themselves by a mark beside it. */
export async function isIgnored(tree: FileTree, path: string): Promise<boolean> {
  const slash = path.lastIndexOf('/')
  return await tree.stat(`${path.slice(0, slash)}/.pve-ignore.${path.slice(slash + 1)}`, {followLinks: false}) !== undefined
}

/** Makes a link, unless there is one already that says the same or a mark to leave it alone; what else is in its place goes. */
export async function putLink({tree, owner}: Setup, path: string, target: string): Promise<void> {
  if (await isIgnored(tree, path) || await tree.readLink(path) === target) return
  await tree.makeDirectory(path.slice(0, path.lastIndexOf('/')), owner)
  await tree.remove(path)
  await tree.symlink(target, path)
}

/** Whether one of the paths is there, as a file or through a link. */
export async function hasAny({tree}: {readonly tree: FileTree}, ...paths: readonly string[]): Promise<boolean> {
  for (const path of paths) if (await tree.stat(path) !== undefined) return true
  return false
}
