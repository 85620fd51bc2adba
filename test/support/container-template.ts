// A small template for containers: busybox as a distribution of its own that calls itself Debian.
import {execFileSync} from 'node:child_process'
import {chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'

export const busybox = '/bin/busybox'
const applets = ['sh', 'ls', 'cat', 'sleep', 'echo', 'id', 'mount', 'hostname', 'ip', 'kill', 'env', 'touch', 'stat', 'df', 'sha256sum', 'dd', 'ping', 'wget']

export interface TemplateWish {
  /** What /sbin/init does, as a shell script. */
  readonly init?: string
  /** More in the tree, before it is packed. */
  readonly change?: (tree: string) => void
}

/** Waits for the signal that tells it to halt. */
export const waitingInit = 'trap "exit 0" PWR TERM\necho started >/run/up\nwhile :; do /bin/sleep 1 & wait; done'

/** Writes a .tar.gz with the template to the path. */
export function writeTemplate(path: string, wish: TemplateWish = {}): string {
  return withTree(wish, (tree) => {
    mkdirSync(dirname(path), {recursive: true})
    execFileSync('tar', ['-C', tree, '--gzip', '-cf', path, '.'])
    return path
  })
}

/** Writes the backup of a container as vzdump lays it out: its configuration first. The path says how it is compressed. */
export function writeBackup(path: string, conf: string, wish: TemplateWish & {readonly firewall?: string} = {}): string {
  return withTree(wish, (tree) => {
    const beside = mkdtempSync(join(tmpdir(), 'corral-backup-'))
    try {
      mkdirSync(join(beside, 'etc/vzdump'), {recursive: true})
      writeFileSync(join(beside, 'etc/vzdump/pct.conf'), conf)
      writeFileSync(join(beside, 'etc/vzdump/pct.fw'), wish.firewall ?? '')
      mkdirSync(dirname(path), {recursive: true})
      execFileSync('tar', ['--auto-compress', '--sparse', '--numeric-owner', '--acls', '--xattrs', '--xattrs-include=user.*', '--xattrs-include=security.capability', '-cf', path, '-C', beside, './etc/vzdump/pct.conf', './etc/vzdump/pct.fw', '-C', tree, './'])
      return path
    } finally {
      rmSync(beside, {recursive: true, force: true})
    }
  })
}

function withTree<T>({init = waitingInit, change}: TemplateWish, use: (tree: string) => T): T {
  const tree = mkdtempSync(join(tmpdir(), 'corral-template-'))
  try {
    for (const folder of ['bin', 'sbin', 'etc', 'proc', 'sys', 'dev', 'tmp', 'root', 'run', 'srv']) mkdirSync(join(tree, folder))
    chmodSync(tree, 0o755)
    copyFileSync(busybox, join(tree, 'bin/busybox'))
    for (const applet of applets) symlinkSync('busybox', join(tree, 'bin', applet))
    writeFileSync(join(tree, 'sbin/init'), `#!/bin/sh\n${init}\n`, {mode: 0o755})
    writeFileSync(join(tree, 'etc/debian_version'), '12.4\n')
    writeFileSync(join(tree, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n')
    writeFileSync(join(tree, 'etc/shadow'), 'root:*:1:0:99999:7:::\n')
    change?.(tree)
    return use(tree)
  } finally {
    rmSync(tree, {recursive: true, force: true})
  }
}
