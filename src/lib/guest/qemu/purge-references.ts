// Takes a VMID out of the files that name guests beside their own: backup and replication jobs, high availability, pools stay as they
// are for others. The text is changed where the VMID stands and nowhere else.
import type {Store} from '../../store/index.ts'
import type {WantedFile} from '../../tasks/index.ts'

/** Sections that exist for one guest only: their ids name it. */
const ownSections: Readonly<Record<string, (vmid: number) => RegExp>> = {
  'replication.cfg': vmid => new RegExp(`^local:\\s*${vmid}-\\d+\\s*$`),
  'ha/resources.cfg': vmid => new RegExp(`^(?:vm|ct):\\s*${vmid}\\s*$`),
}

/** The properties that hold lists of guests. */
const listProperties: Readonly<Record<string, RegExp>> = {
  'jobs.cfg': /^(\s+(?:vmid|exclude)\s+)(\S.*)$/,
  'ha/rules.cfg': /^(\s+resources\s+)(\S.*)$/,
}

/** The files that change when a guest is forgotten, with their new texts. */
export async function filesWithoutGuest(vmid: number, store: Pick<Store, 'read'>): Promise<WantedFile[]> {
  const changed: WantedFile[] = []
  for (const path of new Set([...Object.keys(ownSections), ...Object.keys(listProperties)])) {
    const was = await store.read(path)
    if (was === undefined) continue
    const text = textWithoutGuest(path, was.data, vmid)
    if (text !== was.data) changed.push({path, was, text})
  }
  return changed
}

/** Pure. A section whose only guest it was is left out as a whole, since an empty list would mean all guests. */
export function textWithoutGuest(path: string, text: string, vmid: number): string {
  const sections = text.split(/\n(?=\S)/)
  return sections.flatMap(section => {
    const kept = sectionWithoutGuest(path, section, vmid)
    return kept === undefined ? [] : [kept]
  }).join('\n')
}

function sectionWithoutGuest(path: string, section: string, vmid: number): string | undefined {
  const [header = '', ...lines] = section.split('\n')
  if (ownSections[path]?.(vmid).test(header) === true) return undefined
  const property = listProperties[path]
  if (property === undefined) return section
  const kept: string[] = []
  for (const line of lines) {
    const match = property.exec(line)
    if (match === null) { kept.push(line); continue }
    const items = (match[2] as string).split(/[,;\s]+/).filter(item => item !== '')
    const others = items.filter(item => item !== String(vmid) && item !== `vm:${vmid}` && item !== `ct:${vmid}`)
    if (others.length === items.length) kept.push(line)
    else if (others.length > 0) kept.push(`${match[1] as string}${others.join(',')}`)
    else if (!line.trimStart().startsWith('exclude')) return undefined
  }
  return [header, ...kept].join('\n')
}
