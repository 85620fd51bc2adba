// Calls the hook script of a virtual machine (guest/hooks).
import {defineRunHook} from '../../../hooks/run-hook.ts'
import {guestPaths} from '../sockets.ts'

export const runHook = defineRunHook({
  kind: 'qemu.run-hook', noun: 'virtual machine', countPath: (places, vmid, phase) => ({dir: guestPaths(places, vmid).dir, path: guestPaths(places, vmid).hookCalls[phase]}),
})
