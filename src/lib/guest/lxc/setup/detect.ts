// Which distribution a root file system holds, by the files that each has and no other. Nothing in it is run.
import type {FileTree} from '../../../host/index.ts'

const maxBytes = 64 * 1024

/** The word for `ostype`; `unmanaged` for one that is not known, which is then left as it is. */
export async function detectDistribution(tree: FileTree): Promise<string> {
  const has = async (path: string) => (await tree.stat(path))?.kind === 'file'
  const release = await readOsRelease(tree)
  const id = release['ID'] ?? ''
  if (/^(?:ubuntu|devuan|fedora|nixos|alpine|gentoo|debian)$/.test(id)) return id
  if (/^(?:opensuse|sles?\b|sled\b|suse)/.test(id)) return 'opensuse'
  if (/^(?:arch|archarm)$/.test(id)) return 'archlinux'
  if (/^(?:centos|rhel|almalinux|rocky|ol|openEuler|cloudlinux|virtuozzo)$/.test(id)) return 'centos'
  if (await has('etc/devuan_version')) return 'devuan'
  if (await has('etc/debian_version')) return 'debian'
  if (await has('etc/alpine-release')) return 'alpine'
  if (await has('etc/SuSE-release')) return 'opensuse'
  if (await has('etc/fedora-release')) return 'fedora'
  if (await has('etc/centos-release') || await has('etc/redhat-release') || await has('etc/openEuler-release')) return 'centos'
  if (await has('etc/arch-release')) return 'archlinux'
  if (await has('etc/gentoo-release')) return 'gentoo'
  return 'unmanaged'
}

/** The variables of os-release(5), read and never evaluated. */
export async function readOsRelease(tree: FileTree): Promise<Readonly<Record<string, string>>> {
  const text = await tree.readText('etc/os-release', maxBytes) ?? await tree.readText('usr/lib/os-release', maxBytes) ?? ''
  return parseOsRelease(text)
}

/** Pure. */
export function parseOsRelease(text: string): Record<string, string> {
  const found = Object.create(null) as Record<string, string>
  for (const line of text.split('\n')) {
    const match = /^([A-Z][A-Z0-9_]{0,63})=(?:"([^"\\$`]{0,1000})"|'([^']{0,1000})'|([^\s"'\\$`]{0,1000}))\s*$/.exec(line)
    if (match !== null) found[match[1] ?? ''] = match[2] ?? match[3] ?? match[4] ?? ''
  }
  return found
}
