// pvesm scan lvm: the volume groups of the host.
import {handleRead} from '../../tasks/index.ts'
import {scanLvm} from '../scan/index.ts'
import {spec} from './scan-lvm.spec.ts'

export const handler = handleRead(spec, (_params, context) => scanLvm(context), (found) => found.map(({vg}) => vg))
