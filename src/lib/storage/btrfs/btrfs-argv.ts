// The command lines of btrfs(8) and chattr(1). Pure. Paths are absolute and stand behind `--`.

export function createArgv(subvolume: string): string[] {
  return ['btrfs', 'subvolume', 'create', '--', subvolume]
}

export function snapshotArgv(from: string, to: string, options: {readonly readOnly: boolean}): string[] {
  return ['btrfs', 'subvolume', 'snapshot', ...options.readOnly ? ['-r'] : [], '--', from, to]
}

/** Waits until it is gone for good. */
export function deleteArgv(subvolume: string): string[] {
  return ['btrfs', 'subvolume', 'delete', '--commit-each', '--', subvolume]
}

export function setReadOnlyArgv(subvolume: string, isReadOnly: boolean): string[] {
  return ['btrfs', 'property', 'set', '-t', 'subvol', subvolume, 'ro', String(isReadOnly)]
}

/** Files that are made in the folder from now on are written in place. */
export function inPlaceArgv(folder: string): string[] {
  return ['chattr', '+C', '--', folder]
}

export function syncArgv(path: string): string[] {
  return ['sync', '--file-system', '--', path]
}

export function fileSystemArgv(path: string): string[] {
  return ['stat', '--file-system', '--format=%T', '--', path]
}

/** @param base the snapshot that the receiver has as well */
export function sendArgv(snapshots: readonly string[], base: string | undefined): string[] {
  return ['btrfs', '--quiet', 'send', '-e', ...base === undefined ? [] : ['-p', base], '--', ...snapshots]
}

/** --chroot: what is received cannot lead out of the folder. -e: up to the mark of the end, which a stream that was cut off does not have. */
export function receiveArgv(folder: string): string[] {
  return ['btrfs', '--quiet', 'receive', '--chroot', '-e', '--', folder]
}
