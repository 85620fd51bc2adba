// Shows the state of a container: in a word, or in full.
import {handleRead} from '../../../tasks/index.ts'
import {containerStatus} from '../container-status.ts'
import {readContainer} from '../kind.ts'
import {spec} from './status.spec.ts'

export const handler = handleRead(spec, async ({vmid, verbose}, context): Promise<Readonly<Record<string, unknown>>> => {
  const {config} = await readContainer(vmid, context)
  const status = await containerStatus(vmid, config, context)
  return verbose === true ? {...status} : {status: status.status}
})
