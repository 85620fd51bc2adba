// pvesm scan iscsi: the targets of an iSCSI portal.
import {handleRead} from '../../tasks/index.ts'
import {discoverTargets} from '../iscsi/discovery.ts'
import {columnLines} from './column-lines.ts'
import {spec} from './scan-iscsi.spec.ts'

export const handler = handleRead(spec, ({portal}, {host}) => discoverTargets(portal, host), (targets) => columnLines(targets.map(({target, portal}) => [target, portal])))
