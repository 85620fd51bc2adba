// Takes over what a Proxmox VE host had. What the commit is based on is compared when it is made, so one lock keeps two imports apart.
import {InvalidInputError} from '../../base/index.ts'
import {handleChange} from '../../tasks/index.ts'
import {planPveImport} from '../pve-import/plan-pve-import.ts'
import {readPveTree} from '../pve-import/pve-tree.ts'
import {spec} from './import-pve.spec.ts'

export const handler = handleChange(spec, {
  locks: () => ['import/pve'],
  plan: async ({source, node, vmid, storages, pools, settings, secrets, overwrite}, context) => {
    if (!source.startsWith('/')) throw new InvalidInputError(`the source must be an absolute path, not '${source.slice(0, 80)}'`, {source: 'must be an absolute path'})
    const vmids = vmid?.split(/[,;\s]+/).filter((word) => word !== '').map(Number)
    return planPveImport(await readPveTree(source, context.host), {
      ...(node === undefined ? {} : {node}), ...(vmids === undefined ? {} : {vmids}),
      storages: storages !== false, pools: pools !== false, settings: settings !== false, secrets: secrets === true, overwrite: overwrite === true,
    }, context)
  },
})
