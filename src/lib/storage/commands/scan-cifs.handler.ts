// pvesm scan cifs: the shares of an SMB server.
import {handleRead} from '../../tasks/index.ts'
import {scanCifs} from '../scan/index.ts'
import {columnLines} from './column-lines.ts'
import {spec} from './scan-cifs.spec.ts'

export const handler = handleRead(spec, ({server, ...login}, context) => scanCifs(server, login, context), (shares) => columnLines(shares.map(({share, description}) => [share, description])))
