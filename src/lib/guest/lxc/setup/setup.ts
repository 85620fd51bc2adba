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
  /** The release as the distribution's own file has it: `12.4`, `3.13.1`. */
  readonly release: string
  /** In days since 1970, as shadow(5) counts. */
  readonly today: number
  /** A number from 0 up to 1, anew at each call. */
  readonly random: () => number
}

export interface Setup {
  readonly tree: FileTree
  readonly facts: SetupFacts
  readonly owner: {readonly uid: number; readonly gid: number}
  /** Only when the container is made. */
  readonly passwordHash: string | undefined
  readonly sshKeys: string | undefined
}

/** One concern: looks at the files and writes what is to be. Right when it is done again. */
export type SetupStep = (at: Setup) => Promise<void>

export interface Distribution {
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
