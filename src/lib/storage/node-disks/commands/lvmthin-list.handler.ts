// corral disk lvmthin list: the thin pools of a host.
import {handleRead} from '../../../tasks/index.ts'
import {readGroupVolumes} from '../lvm/groups.ts'
import {spec} from './lvmthin-list.spec.ts'

export const handler = handleRead(spec, async (_params, context) => (await readGroupVolumes(context)).filter(({isThinPool}) => isThinPool)
  .map(({group, name, sizeBytes, usedBytes, metadataBytes, metadataUsedBytes}) => ({vg: group, lv: name, lv_size: sizeBytes, used: usedBytes, metadata_size: metadataBytes, metadata_used: metadataUsedBytes}))
  .toSorted((a, b) => a.vg.localeCompare(b.vg, 'en') || a.lv.localeCompare(b.lv, 'en')))
