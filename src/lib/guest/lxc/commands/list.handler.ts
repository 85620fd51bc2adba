// Lists the containers of this node.
import {handleRead} from '../../../tasks/index.ts'
import {parseLxcConfig} from '../config/config-file.ts'
import {containerStatus} from '../container-status.ts'
import type {ContainerStatus} from '../container-status.ts'
import {listContainerFiles} from '../kind.ts'
import {spec} from './list.spec.ts'

export const handler = handleRead(spec, async (_params, context): Promise<ContainerStatus[]> => {
  const files = await listContainerFiles(context)
  // One broken file must not hide all other containers.
  return Promise.all(files.map(({vmid, file}) => containerStatus(vmid, parseLxcConfig(file.data, {warn: (message) => context.log.warn(`container ${vmid}: ${message}`)}), context)))
})
