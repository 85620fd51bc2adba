// Files of a Proxmox VE installation that come over as they are: mappings of devices, CPU models, settings of the cluster, firewall rules, jobs.
// What nothing here acts on yet is kept for the day when something does, and told.
import type {Context, WantedFile} from '../../tasks/index.ts'
import type {PveTree} from './pve-tree.ts'

interface KnownSetting {
  readonly pattern: RegExp
  /** What the file is, for the report. */
  readonly what: string
  readonly note?: string
}

const jobsNote = 'its backup jobs begin by themselves once this host looks at the schedule: look through them with corral backup job list, then corral schedule install'

const known: readonly KnownSetting[] = [
  {pattern: /^mapping\/(?:pci|usb|directory)\.cfg$/, what: 'mappings of devices and folders'},
  {pattern: /^virtual-guest\/cpu-models\.conf$/, what: 'CPU models'},
  {pattern: /^datacenter\.cfg$/, what: 'settings of the cluster'},
  {pattern: /^jobs\.cfg$/, what: 'jobs', note: jobsNote},
  {pattern: /^vzdump\.cron$/, what: 'backup jobs of an old installation', note: jobsNote},
  {pattern: /^firewall\/(?:cluster|\d+)\.fw$|^nodes\/[^/]+\/host\.fw$/, what: 'firewall rules', note: 'firewall rules are kept, but nothing enforces them yet'},
  {pattern: /^ha\//, what: 'settings of high availability', note: 'they are kept, but nothing acts on them yet'},
  {pattern: /^sdn\//, what: 'software-defined networks', note: 'they are kept, but nothing sets them up yet'},
]

export interface SettingsWish {
  /** Nodes by the names that they have here. */
  readonly nodes: ReadonlyMap<string, string>
  readonly vmids: readonly number[]
  readonly overwrite: boolean
}

export interface TakenSettings { readonly files: readonly WantedFile[]; readonly lines: readonly string[]; readonly notes: readonly string[] }

export async function takeSettings({files}: PveTree, wish: SettingsWish, {store}: Context): Promise<TakenSettings> {
  const wanted: WantedFile[] = []
  const lines: string[] = []
  const notes = new Set<string>()
  for (const [theirPath, theirText] of files) {
    const setting = known.find(({pattern}) => pattern.test(theirPath))
    const path = setting === undefined ? undefined : ourPath(theirPath, wish)
    if (setting === undefined || path === undefined) continue
    const text = textFor(path, theirText, wish.nodes)
    const was = await store.read(path)
    if (was?.data === text) continue
    if (was !== undefined && !wish.overwrite) { notes.add(`${path} is not taken over: there is another one here`); continue }
    wanted.push({path, was, text})
    lines.push(`${path} (${setting.what}) taken over`)
    if (setting.note !== undefined) notes.add(`${path}: ${setting.note}`)
  }
  return {files: wanted, lines, notes: [...notes]}
}

/** undefined for what belongs to a node or a guest that does not come over. */
function ourPath(path: string, {nodes, vmids}: SettingsWish): string | undefined {
  const vmid = /^firewall\/(\d+)\.fw$/.exec(path)?.[1]
  if (vmid !== undefined) return vmids.includes(Number(vmid)) ? path : undefined
  const [, node, file] = /^nodes\/([^/]+)\/(.+)$/.exec(path) ?? []
  if (node === undefined || file === undefined) return path
  const ours = nodes.get(node)
  return ours === undefined ? undefined : `nodes/${ours}/${file}`
}

/** With our names of nodes where it has theirs. */
function textFor(path: string, text: string, nodes: ReadonlyMap<string, string>): string {
  if (path.startsWith('mapping/')) return withNodes(text, nodes)
  const ofJobs = path === 'jobs.cfg' ? /^([ \t]+node[ \t]+)([A-Za-z0-9-]{1,63})[ \t]*$/gm : path === 'vzdump.cron' ? /(\s--?node[ =])([A-Za-z0-9-]{1,63})(?=\s|$)/g : undefined
  return ofJobs === undefined ? text : text.replaceAll(ofJobs, (_whole, before: string, node: string) => `${before}${nodes.get(node) ?? node}`)
}

/** `map node=OLD,…` names nodes. */
function withNodes(text: string, nodes: ReadonlyMap<string, string>): string {
  return text.replaceAll(/\bnode=([A-Za-z0-9-]{1,63})/g, (whole, node: string) => (nodes.has(node) ? `node=${nodes.get(node) ?? node}` : whole))
}
