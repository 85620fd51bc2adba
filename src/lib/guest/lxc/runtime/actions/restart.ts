// Starts a container again whose reboot waited for this, and takes that wish back when it did not end.
import type {Places} from '../../../../base/index.ts'
import {defineForgetReboot, defineRestart} from '../../../restart.ts'
import {containerPaths} from '../paths.ts'
import {monitorOf} from '../status.ts'

const wishPath = (places: Places, vmid: number) => containerPaths(places, vmid).reboot

export const restart = defineRestart({kind: 'lxc.restart', noun: 'container', command: 'pct start', wishPath})

export const forgetReboot = defineForgetReboot({kind: 'lxc.forget-reboot', wishPath, isRunning: async (vmid, context) => await monitorOf(vmid, context) !== undefined})
