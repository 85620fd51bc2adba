// What QEMU is as a process: its name, its sockets for us, how it behaves when the guest ends.
import {InvalidInputError} from '../../../base/index.ts'
import {readCpuSet, readFlag} from '../config/index.ts'
import type {Guest} from './guest.ts'
import {binaryVersion, isAtLeast} from './machine-version.ts'
import {optionText, optionValue} from './option-text.ts'

/** The guest's own name, or `vm<vmid>`. */
export function guestName(guest: Guest): string {
  const name = guest.values['name']
  return name === undefined || name === '' ? `vm${guest.input.vmid}` : name
}

export function processArguments(guest: Guest): string[] {
  const {paths, eventSocket} = guest.input
  const name = guestName(guest)
  // `reconnect-ms` came with QEMU 9.2 and took the place of `reconnect`.
  const reconnect = isAtLeast(binaryVersion(guest.emulator.version), 9, 2) ? {'reconnect-ms': 5000} : {reconnect: 5}
  return [
    '-name', optionValue(name),
    '-no-shutdown',
    '-chardev', optionText('socket', {id: 'qmp', path: paths.qmp, server: true, wait: false}),
    '-mon', 'chardev=qmp,mode=control',
    '-chardev', optionText('socket', {id: 'qmp-event', path: eventSocket, ...reconnect}),
    '-mon', 'chardev=qmp-event,mode=control',
    '-pidfile', paths.pid,
    '-daemonize',
  ]
}

/**
 * taskset(1) before QEMU, as Proxmox VE has it: all threads of the guest inherit the CPUs.
 * @throws InvalidInputError for CPUs that the host does not have, which the kernel would pass over
 */
export function affinityPrefix(guest: Guest): string[] {
  const {affinity} = guest.values
  if (affinity === undefined) return []
  const missing = readCpuSet(affinity).filter(cpu => !guest.input.host.onlineCpus.has(cpu))
  if (missing.length > 0) {
    const online = [...guest.input.host.onlineCpus]
    throw new InvalidInputError(
      `'affinity' names CPUs that this host does not have: ${missing.slice(0, 8).join(', ')}${missing.length > 8 ? ', …' : ''}; it has ${online.length}, up to number ${Math.max(...online)}`,
      {affinity: 'names CPUs that this host does not have'},
    )
  }
  return ['/usr/bin/taskset', '--cpu-list', '--all-tasks', affinity]
}

export function runArguments(guest: Guest): string[] {
  return [
    ...(readFlag(guest.values['reboot']) === false ? ['-no-reboot'] : []),
    ...(readFlag(guest.values['freeze']) === true ? ['-S'] : []),
    ...(guest.values['keyboard'] === undefined ? [] : ['-k', guest.values['keyboard']]),
  ]
}
