// The contexts of contexts.yaml, and this machine.
import {handleRead} from '../../tasks/index.ts'
import {contextsPath, readContexts} from '../contexts-file.ts'
import {localName} from '../contexts-mode.ts'
import {spec} from './context-list.spec.ts'

export const handler = handleRead(spec, async (_, {places, host}) => {
  const {current, contexts} = await readContexts(contextsPath(places), host.files)
  return [
    {name: localName, hosts: '', current: current === undefined},
    ...contexts.map(({name, hosts}) => ({name, hosts: hosts.map((entry) => entry.name).join(' '), current: name === current})),
  ]
})
