// The files of a Proxmox VE installation that somebody brought: a copy of its folder /etc/pve, or of its database (config.db). Only files that
// can be taken over are read, each bounded, none through a link; what cannot be read is told and left out.
import {InvalidInputError, NotFoundError, printable} from '../../base/index.ts'
import type {Host} from '../../host/index.ts'

export interface PveTree {
  /** Texts by their paths below /etc/pve. */
  readonly files: ReadonlyMap<string, string>
  /** Files that were left out, with the reason, a sentence each. */
  readonly problems: readonly string[]
}

const largestFile = 1024 * 1024
const mostFiles = 20_000
const mostBytes = 64 * 1024 * 1024

/** Single files and, with what may lie in them, folders. */
const plainFiles = ['storage.cfg', 'datacenter.cfg', 'user.cfg', 'jobs.cfg', 'vzdump.cron', 'virtual-guest/cpu-models.conf']
const folders: readonly (readonly [folder: string, name: RegExp])[] = [
  ['mapping', /^[a-z]{1,16}\.cfg$/], ['firewall', /^(?:cluster|[1-9]\d{2,8})\.fw$/], ['ha', /^[a-z_]{1,32}\.cfg$/], ['sdn', /^[a-z-]{1,32}\.cfg$/],
  ['priv/storage', /^[A-Za-z][\w.-]{0,98}\.(?:pw|key)$/], ['priv/ceph', /^[A-Za-z][\w.-]{0,98}\.(?:keyring|secret)$/],
]
const nodeFolders: readonly (readonly [folder: string, name: RegExp])[] = [
  ['qemu-server', /^[1-9]\d{2,8}\.conf$/], ['lxc', /^[1-9]\d{2,8}\.conf$/], ['', /^(?:host\.fw|config)$/],
]
const nodeName = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$/

/**
 * @param path absolute: the folder, or the database file
 * @throws NotFoundError; InvalidInputError for what is neither, or too large
 */
export async function readPveTree(path: string, host: Pick<Host, 'files'>): Promise<PveTree> {
  const stat = await host.files.stat(path, {followLinks: true})
  if (stat === undefined) throw new NotFoundError(`there is no file or folder ${path}`)
  const collected = new Collected()
  if (stat.kind === 'directory') await readFolder(path, host, collected)
  else if (stat.kind === 'file') await readDatabase(path, host, collected)
  else throw new InvalidInputError(`${path} is neither a folder nor a database`)
  if (collected.files.size === 0) {
    throw new InvalidInputError(`${path} holds nothing of Proxmox VE`, {}, {nextSteps: ['Name the folder that has nodes/ and storage.cfg in it, such as a copy of /etc/pve, or a copy of /var/lib/pve-cluster/config.db.']})
  }
  return collected
}

class Collected implements PveTree {
  readonly files = new Map<string, string>()
  readonly problems: string[] = []
  #bytes = 0

  add(path: string, data: Buffer): void {
    if (this.files.size >= mostFiles || this.#bytes + data.length > mostBytes) throw new InvalidInputError('there is more in it than any installation of Proxmox VE has')
    this.#bytes += data.length
    const text = textOf(data)
    if (text === undefined) this.leaveOut(path, 'it is no UTF-8 text')
    else this.files.set(path, text)
  }

  leaveOut(path: string, reason: string): void {
    if (this.problems.length < 1000) this.problems.push(`${printable(path).slice(0, 200)} is left out: ${reason}`)
  }
}

async function readFolder(root: string, host: Pick<Host, 'files'>, collected: Collected): Promise<void> {
  for (const path of plainFiles) await readFile(root, path, host, collected)
  for (const [folder, name] of folders) await readFiles(root, folder, name, host, collected)
  for (const node of await namesIn(root, 'nodes', host, collected)) {
    if (!nodeName.test(node)) { collected.leaveOut(`nodes/${node}`, 'this is no name of a node'); continue }
    for (const [folder, name] of nodeFolders) await readFiles(root, folder === '' ? `nodes/${node}` : `nodes/${node}/${folder}`, name, host, collected)
  }
}

async function readFiles(root: string, folder: string, name: RegExp, host: Pick<Host, 'files'>, collected: Collected): Promise<void> {
  for (const found of await namesIn(root, folder, host, collected)) if (name.test(found)) await readFile(root, `${folder}/${found}`, host, collected)
}

/** Nothing in a folder that is a link: it would lead out of the copy. */
async function namesIn(root: string, folder: string, {files}: Pick<Host, 'files'>, collected: Collected): Promise<readonly string[]> {
  const parts = folder.split('/')
  for (let count = 1; count <= parts.length; count++) {
    const stat = await files.stat(`${root}/${parts.slice(0, count).join('/')}`)
    if (stat === undefined) return []
    if (stat.kind !== 'directory') { collected.leaveOut(parts.slice(0, count).join('/'), stat.kind === 'symlink' ? 'it is a link' : 'it is no folder'); return [] }
  }
  const names = await files.list(`${root}/${folder}`)
  if (names.length > mostFiles) throw new InvalidInputError(`${folder} has more than ${mostFiles} entries`)
  return names
}

async function readFile(root: string, path: string, {files}: Pick<Host, 'files'>, collected: Collected): Promise<void> {
  const parent = path.includes('/') ? await files.stat(`${root}/${path.slice(0, path.lastIndexOf('/'))}`) : undefined
  if (parent !== undefined && parent.kind !== 'directory') return
  const stat = await files.stat(`${root}/${path}`)
  if (stat === undefined) return
  if (stat.kind !== 'file') return collected.leaveOut(path, stat.kind === 'symlink' ? 'it is a link' : 'it is no file')
  if (stat.sizeBytes > largestFile) return collected.leaveOut(path, 'it is larger than 1 MiB')
  collected.add(path, await files.read(`${root}/${path}`, largestFile))
}

async function readDatabase(path: string, {files}: Pick<Host, 'files'>, collected: Collected): Promise<void> {
  if (((await files.stat(`${path}-wal`))?.sizeBytes ?? 0) > 0) {
    throw new InvalidInputError(`${path} was copied while Proxmox VE wrote to it: what is in ${path}-wal would be missed`, {}, {
      nextSteps: [`Copy it with: sqlite3 /var/lib/pve-cluster/config.db ".backup copy.db"`, 'Or copy the folder /etc/pve instead.'],
    })
  }
  const {readPmxcfsDatabase} = await import('../../store/sqlite/index.ts')
  for (const file of await readPmxcfsDatabase(path)) if (isWanted(file.path)) collected.add(file.path, file.data)
}

function isWanted(path: string): boolean {
  const slash = path.lastIndexOf('/')
  const [folder, name] = [path.slice(0, Math.max(slash, 0)), path.slice(slash + 1)]
  const [, node, inNode = ''] = /^nodes\/([^/]+)(?:\/(.*))?$/.exec(folder) ?? []
  if (node !== undefined) return nodeName.test(node) && nodeFolders.some(([known, pattern]) => known === inNode && pattern.test(name))
  return plainFiles.includes(path) || folders.some(([known, pattern]) => known === folder && pattern.test(name))
}

function textOf(data: Buffer): string | undefined {
  try {
    const text = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(data)
    return text.includes('\0') ? undefined : text
  } catch {
    return undefined
  }
}
