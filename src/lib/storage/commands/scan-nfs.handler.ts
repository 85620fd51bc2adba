// pvesm scan nfs: what an NFS server exports.
import {handleRead} from '../../tasks/index.ts'
import {scanNfs} from '../scan/index.ts'
import {columnLines} from './column-lines.ts'
import {spec} from './scan-nfs.spec.ts'

export const handler = handleRead(spec, ({server}, context) => scanNfs(server, context), (exports) => columnLines(exports.map(({path, options}) => [path, options])))
