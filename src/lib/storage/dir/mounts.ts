// Mount points, from the text of /proc/self/mountinfo (proc(5)). Pure.

export interface Mount {
  readonly fsType: string
  /** What is mounted, as it was named: a device, `server:/export`, `//server/share`. */
  readonly source: string
}

/** Whether something is mounted exactly at this path. */
export function isMountPoint(mountinfo: string, path: string): boolean {
  return mountAt(mountinfo, path) !== undefined
}

/** What is mounted exactly at this path; the last mount hides those before it. */
export function mountAt(mountinfo: string, path: string): Mount | undefined {
  let found: Mount | undefined
  for (const line of mountinfo.split('\n')) {
    const fields = line.split(' ')
    const mountPoint = fields[4]
    if (mountPoint === undefined || unescaped(mountPoint) !== path) continue
    // A list of optional fields ends at a single hyphen.
    const [fsType = '', source = ''] = fields.slice(fields.indexOf('-', 6) + 1)
    found = {fsType, source: unescaped(source)}
  }
  return found
}

/** The number of what is mounted exactly at this path, which no other mount has as long as it is there. */
export function mountNumberAt(mountinfo: string, path: string): string | undefined {
  return mountinfo.split('\n').map((line) => line.split(' ')).findLast(([, , , , point]) => point !== undefined && unescaped(point) === path)?.[0]
}

/** The mount that a path lies on, by its name alone; the last one hides those before it. */
export function mountOf(mountinfo: string, path: string): Mount | undefined {
  let found: Mount | undefined
  let longest = 0
  for (const line of mountinfo.split('\n')) {
    const fields = line.split(' ')
    if (fields[4] === undefined) continue
    const point = unescaped(fields[4])
    if (point !== '/' && path !== point && !path.startsWith(`${point}/`) || point.length < longest) continue
    const [fsType = '', source = ''] = fields.slice(fields.indexOf('-', 6) + 1)
    found = {fsType, source: unescaped(source)}
    longest = point.length
  }
  return found
}

/** The kernel writes space, tab, line end and backslash as three octal digits. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)))
}
