// The number of CPUs, and their topology.
import {InvalidInputError} from '../../../base/index.ts'
import {readCpuCount, readHotplug} from '../config/index.ts'
import {reportedModel} from './cpu.ts'
import type {Guest} from './guest.ts'
import {optionText} from './option-text.ts'

/** @throws InvalidInputError for more CPUs than the host has */
export function smpArguments(guest: Guest): string[] {
  const {sockets, cores, maximum, present} = readCpuCount(guest.values)
  if (maximum > guest.input.host.cpuCount) {
    throw new InvalidInputError(
      `the guest wants ${maximum} CPUs, but this host has ${guest.input.host.cpuCount}`,
      {cores: `at most ${guest.input.host.cpuCount} CPUs in all`},
    )
  }
  const topology = {sockets, cores, maxcpus: maximum}
  if (!readHotplug(guest.values['hotplug']).has('cpu')) return ['-smp', optionText(String(present), topology)]
  // With CPU hotplug only the first CPU belongs to the board; the others are devices, which can be taken out again.
  const model = reportedModel(guest)
  const others = Array.from({length: present - 1}, (_, offset) => offset + 1)
  return [
    '-smp', optionText('1', topology),
    ...others.flatMap(number => ['-device', optionText(`${model}-${guest.arch}-cpu`, {
      id: `cpu${number + 1}`, 'socket-id': Math.floor(number / cores), 'core-id': number % cores, 'thread-id': 0,
    })]),
  ]
}
