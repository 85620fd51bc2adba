// Mount points, from the text of /proc/self/mountinfo (proc(5)). Pure.

/** Whether something is mounted exactly at this path. */
export function isMountPoint(mountinfo: string, path: string): boolean {
  return mountinfo.split('\n').some((line) => {
    const mountPoint = line.split(' ')[4]
    return mountPoint !== undefined && unescaped(mountPoint) === path
  })
}

/** The kernel writes space, tab, line end and backslash as three octal digits. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)))
}
