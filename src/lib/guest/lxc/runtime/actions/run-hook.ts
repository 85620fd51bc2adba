// Calls the hook script of a container (guest/hooks).
import {defineRunHook} from '../../../hooks/run-hook.ts'
import {containerPaths} from '../paths.ts'

export const runHook = defineRunHook({
  kind: 'lxc.run-hook', noun: 'container', countPath: (places, vmid, phase) => ({dir: containerPaths(places, vmid).dir, path: containerPaths(places, vmid).hookCalls[phase]}),
})
