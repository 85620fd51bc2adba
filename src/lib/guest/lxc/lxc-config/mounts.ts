// Mount points, which lie ready in the mount space and are bound into the container by LXC, whose walk follows no links there. Pure.
import type {MountPoint} from '../config/mounts.ts'
import type {LxcLine} from './build-lxc-config.ts'

export function mountLines(points: readonly MountPoint[], placeOf: (key: string) => string): LxcLine[] {
  return points.flatMap(({key, path, readOnly}): LxcLine[] => {
    if (key === 'rootfs') return readOnly ? [['lxc.rootfs.options', 'ro']] : []
    return [['lxc.mount.entry', `${escaped(placeOf(key))} ${escaped(path.slice(1))} none rbind${readOnly ? ',ro' : ''} 0 0`]]
  })
}

/** The fields of fstab(5) end at blanks, which are written in octal. */
function escaped(path: string): string {
  return path.replace(/[\s\\#]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`)
}
