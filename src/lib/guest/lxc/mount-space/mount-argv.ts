// How a volume, a device or a folder of the host is mounted for a container. Pure.
import type {FileStat} from '../../../host/index.ts'
import type {MountPoint} from '../config/index.ts'

/**
 * @param source a path on the host, of the kind given
 * @param place where in the mount space
 */
export function mountArgv(source: string, kind: FileStat['kind'], place: string, point: Pick<MountPoint, 'readOnly' | 'acl' | 'options' | 'type'>): string[] {
  const options = [...point.options, ...(point.readOnly ? ['ro'] : []), ...(point.acl === undefined ? [] : [point.acl ? 'acl' : 'noacl'])]
  if (kind === 'directory') {
    // What a bind mount takes has to be said again; `discard` and ACLs are the file system's below it.
    const own = options.filter((option) => !['discard', 'acl', 'noacl', 'lazytime'].includes(option))
    return ['mount', point.type === 'bind' ? '--rbind' : '--bind', ...(own.length === 0 ? [] : ['-o', own.join(',')]), '--', source, place]
  }
  const all = [...(kind === 'file' ? ['loop'] : []), ...options]
  return ['mount', ...(all.length === 0 ? [] : ['-o', all.join(',')]), '--', source, place]
}
