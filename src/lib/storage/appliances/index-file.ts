// An index of container templates: stanzas of `Field: value` as in Debian's control files, an empty line between them (Proxmox VE's aplinfo.dat). Pure.
import type {Checksum} from '../../host/index.ts'

export interface Appliance {
  /** The name of the file, by which it is asked for. */
  readonly template: string
  /** Its address; relative ones count from the index. */
  readonly location: string
  readonly section: string
  readonly package: string
  readonly version: string
  readonly headline: string
  readonly checksum?: Checksum
}

/** More than any index has. */
const maxStanzas = 20_000
const maxFieldLength = 4096

/** Fields by their names in lower case; a stanza without what a template needs, or with a name that is no file's, is left out. */
export function parseIndex(text: string): Appliance[] {
  return text.split(/\n[ \t]*\n/, maxStanzas).flatMap((stanza) => {
    const fields = fieldsOf(stanza)
    const field = (name: string) => fields.get(name) ?? ''
    const [name, version, section] = [field('package'), field('version'), field('section') || 'system']
    const location = field('location') || `${section}/${name}_${version}_${field('architecture')}.tar.gz`
    const template = location.replace(/^.*\//s, '')
    if (name === '' || version === '' || !/^[a-zA-Z0-9][a-zA-Z0-9_.+~-]{0,200}\.tar\.(?:gz|xz|zst|bz2)$/.test(template)) return []
    return [{template, location, section, package: name, version, headline: field('description'), ...checksumOf(field('sha512sum'), field('md5sum'))}]
  })
}

function fieldsOf(stanza: string): Map<string, string> {
  const fields = new Map<string, string>()
  for (const line of stanza.split('\n')) {
    // Lines that begin with a blank go on with a description, of which the first line is enough.
    const [, name, value] = /^([A-Za-z][A-Za-z0-9-]{0,40}):(.*)$/.exec(line) ?? []
    if (name !== undefined && value !== undefined) fields.set(name.toLowerCase(), value.trim().slice(0, maxFieldLength))
  }
  return fields
}

function checksumOf(sha512: string, md5: string): {readonly checksum?: Checksum} {
  if (/^[0-9a-f]{128}$/i.test(sha512)) return {checksum: {algorithm: 'sha512', digest: sha512}}
  return /^[0-9a-f]{32}$/i.test(md5) ? {checksum: {algorithm: 'md5', digest: md5}} : {}
}
