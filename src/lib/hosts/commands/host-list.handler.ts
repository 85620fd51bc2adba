// The hosts of contexts.yaml.
import {handleRead} from '../../tasks/index.ts'
import {findContext} from '../contexts.ts'
import {contextsPath, readContexts} from '../contexts-file.ts'
import {spec} from './host-list.spec.ts'

export const handler = handleRead(spec, async ({context: wanted}, {places, host}) => {
  const contexts = await readContexts(contextsPath(places), host.files)
  const shown = wanted === undefined ? contexts.contexts : [findContext(contexts, wanted)]
  return shown.flatMap(({name: context, hosts}) => hosts.map(({name, ssh, node}) => ({context, name, ssh, node: node ?? name, current: context === contexts.current})))
})
