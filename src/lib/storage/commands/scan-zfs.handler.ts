// pvesm scan zfs: the ZFS pools and file systems of the host.
import {handleRead} from '../../tasks/index.ts'
import {scanZfs} from '../scan/index.ts'
import {spec} from './scan-zfs.spec.ts'

export const handler = handleRead(spec, (_params, context) => scanZfs(context), (found) => found.map(({pool}) => pool))
