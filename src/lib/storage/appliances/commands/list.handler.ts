// pveam list: the templates of one storage.
import {handleRead} from '../../../tasks/index.ts'
import {openStorage} from '../../open-storage.ts'
import {formatVolumeId} from '../../volume-id.ts'
import {spec} from './list.spec.ts'

export const handler = handleRead(spec, async ({storage: name}, context) => {
  const storage = await openStorage(name, context)
  const volumes = storage.traits.content.includes('vztmpl') ? await storage.list(['vztmpl']) : []
  return volumes.map(({id, format, sizeBytes}) => ({volid: formatVolumeId(id), format, size: sizeBytes})).sort((a, b) => a.volid < b.volid ? -1 : 1)
}, (rows) => [['NAME', 'SIZE'] as const, ...rows.map(({volid, size}) => [volid, `${(size / 1024 ** 2).toFixed(2)}MB`] as const)].map(([name, size]) => `${name.padEnd(60)} ${size.padEnd(6)}`))
