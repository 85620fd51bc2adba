// Lines of pct.conf that go to LXC as they are: `lxc.idmap = u 0 100000 65536`. They may stand there several times and keep their order. The keys
// are those that Proxmox VE passes on; others are refused by name, never passed over.
import type {RawLine} from '../../guest-config.ts'

const rawKeys: ReadonlySet<string> = new Set([
  'lxc.apparmor.allow_incomplete', 'lxc.apparmor.allow_nesting', 'lxc.apparmor.profile', 'lxc.apparmor.raw', 'lxc.arch', 'lxc.autodev',
  'lxc.cap.drop', 'lxc.cap.keep', 'lxc.console.logfile', 'lxc.console.path', 'lxc.devtty.dir', 'lxc.environment', 'lxc.environment.hooks',
  'lxc.environment.runtime', 'lxc.group', 'lxc.hook.autodev', 'lxc.hook.clone', 'lxc.hook.destroy', 'lxc.hook.mount', 'lxc.hook.post-stop',
  'lxc.hook.pre-mount', 'lxc.hook.pre-start', 'lxc.hook.start', 'lxc.hook.stop', 'lxc.hook.version', 'lxc.idmap', 'lxc.include', 'lxc.init.cmd',
  'lxc.init.cwd', 'lxc.init.gid', 'lxc.init.groups', 'lxc.init.uid', 'lxc.kmsg', 'lxc.log.file', 'lxc.log.level', 'lxc.mount.auto',
  'lxc.mount.entry', 'lxc.mount.fstab', 'lxc.pty.max', 'lxc.rootfs.mount', 'lxc.rootfs.options', 'lxc.rootfs.path', 'lxc.seccomp.notify.cookie',
  'lxc.seccomp.notify.proxy', 'lxc.seccomp.profile', 'lxc.selinux.context', 'lxc.signal.halt', 'lxc.signal.reboot', 'lxc.signal.stop',
  'lxc.start.auto', 'lxc.start.delay', 'lxc.start.order', 'lxc.sysctl.fs.mqueue', 'lxc.sysctl.kernel.msgmax', 'lxc.sysctl.kernel.msgmnb',
  'lxc.sysctl.kernel.msgmni', 'lxc.sysctl.kernel.sem', 'lxc.sysctl.kernel.shm_rmid_forced', 'lxc.sysctl.kernel.shmall', 'lxc.sysctl.kernel.shmmax',
  'lxc.sysctl.kernel.shmmni', 'lxc.tty.max', 'lxc.uts.name',
])

/** Whether LXC is given such a line. Settings of control groups have names of the kernel's. */
export function isRawKey(key: string): boolean {
  return rawKeys.has(key) || /^lxc\.(?:cgroup2?|prlimit|sysctl)\.[a-z0-9_.-]{1,100}$/.test(key)
}

/** Reads `lxc.KEY: value` and `lxc.KEY = value`; undefined for other lines. */
export function readRawLine(line: string): RawLine | undefined {
  const match = /^(lxc\.[a-z0-9_.-]{1,100})(?::|\s{0,100}=)(.*)$/.exec(line)
  return match === null ? undefined : [match[1] ?? '', (match[2] ?? '').trim()]
}
