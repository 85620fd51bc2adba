// The programs that `corral template build` calls, as scripts that take no time and fetch nothing: a small tree in the place of Debian's.
import {chmodSync, mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

export interface ToolsWish {
  /** What /etc/debian_version of the tree says. */
  readonly version?: string
  /** What apt knows, in the lines of `apt-get indextargets`. */
  readonly targets?: string
  /** Lines of the shell that mmdebstrap begins with. */
  readonly before?: string
}

export const debianTargets = [
  'Debian|Debian|http://deb.example.org/debian|bookworm|main', 'Debian|Debian|http://deb.example.org/debian|bookworm-updates|main', 'Debian|Debian-Security|http://security.example.org/debian-security|bookworm-security|main',
  'Other|Other|http://other.example.org/x|bookworm|main',
].join('\n')

// What a real one leaves that no template may have, beside what stays.
const makeTree = `mkdir -p "$tree/etc/ssh" "$tree/etc/systemd/system" "$tree/etc/apt/apt.conf.d" "$tree/var/log/apt" "$tree/var/cache/apt/archives" "$tree/var/cache/debconf" "$tree/var/lib/apt/lists" "$tree/var/lib/dpkg" "$tree/var/lib/dbus" "$tree/var/tmp" "$tree/tmp" "$tree/run" "$tree/dev" "$tree/root"
for each in etc/ssh/ssh_host_rsa_key etc/ssh/sshd_config etc/hostname etc/resolv.conf etc/apt/apt.conf.d/99mmdebstrap var/log/bootstrap.log var/log/apt/term.log var/cache/apt/pkgcache.bin var/cache/debconf/config.dat var/cache/debconf/config.dat-old var/lib/apt/lists/lock var/lib/dpkg/status var/lib/dpkg/status-old var/lib/dbus/machine-id tmp/x run/x dev/x; do echo x >"$tree/$each"; done
echo 0123456789abcdef >"$tree/etc/machine-id"`

/** Writes them into a folder, to go first in PATH. mmdebstrap notes its words beside itself, in `words`. */
export function writeTemplateTools(folder: string, {version = '13.4', targets = debianTargets, before = ''}: ToolsWish = {}): string {
  mkdirSync(folder, {recursive: true})
  const script = (name: string, text: string) => {
    writeFileSync(join(folder, name), `#!/bin/sh\nset -eu\n${text}\n`)
    chmodSync(join(folder, name), 0o755)
  }
  script('apt-get', `cat <<'EOF'\n${targets}\nEOF`)
  script('apt-config', 'echo \'Acquire::http::Proxy "http://joe:hunter2@proxy.example.org:3128";\'')
  script('dpkg', 'echo amd64')
  script('unshare', 'while [ "$1" != -- ]; do shift; done\nshift\nexec "$@"')
  script('mmdebstrap', `${before}\nprintf '%s\\n' "\${http_proxy-}" "$@" >'${folder}/words'
for word; do case $word in */tree) tree=$word ;; esac; done\n${makeTree}\necho '${version}' >"$tree/etc/debian_version"\necho 'I: success in a moment' >&2`)
  return folder
}
