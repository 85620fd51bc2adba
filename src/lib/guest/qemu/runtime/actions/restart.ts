// Starts a virtual machine again whose `qm reboot` waited for this.
import {defineRestart} from '../../../restart.ts'
import {guestPaths} from '../sockets.ts'

export const restart = defineRestart({kind: 'qemu.restart', noun: 'virtual machine', command: 'qm start', wishPath: (places, vmid) => guestPaths(places, vmid).reboot})
