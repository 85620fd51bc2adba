// The names of files on an ISO 9660 image, in its three tables of them. Pure.

/** By which a file is found in the plain table: capitals, digits and underscores, one dot (ECMA-119, level 3). */
export function isoName(name: string, isFolder: boolean): Buffer {
  const [stem = '', extension = ''] = splitName(name.toUpperCase().replace(/[^A-Z0-9_.]/g, '_'))
  return Buffer.from(isFolder ? stem : `${stem}.${extension};1`, 'latin1')
}

function splitName(name: string): [string, string] {
  const dot = name.lastIndexOf('.')
  const clean = (text: string) => text.replaceAll('.', '_')
  return dot < 0 ? [name, ''] : [clean(name.slice(0, dot)), clean(name.slice(dot + 1))]
}

/** The same for Joliet, which is what Windows reads: UCS-2, the high byte first. */
export function jolietName(name: string, isFolder: boolean): Buffer {
  return ucs2(isFolder ? name : `${name};1`)
}

export function ucs2(text: string): Buffer {
  return Buffer.from(text, 'utf16le').swap16()
}
