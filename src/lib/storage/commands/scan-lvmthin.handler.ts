// pvesm scan lvmthin: the thin pools in a volume group.
import {handleRead} from '../../tasks/index.ts'
import {scanLvmThin} from '../scan/index.ts'
import {spec} from './scan-lvmthin.spec.ts'

export const handler = handleRead(spec, ({vg}, context) => scanLvmThin(vg, context), (found) => found.map(({lv}) => lv))
