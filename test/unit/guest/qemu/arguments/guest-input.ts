// A guest with some configuration on the host of the golden machines, for tests of the argument builder.
import {buildArguments} from '../../../../../src/lib/guest/qemu/arguments/index.ts'
import type {ArgumentsInput, HostFacts, QemuArguments} from '../../../../../src/lib/guest/qemu/arguments/index.ts'
import {guestPaths} from '../../../../../src/lib/guest/qemu/runtime/sockets.ts'
import {goldenDrives, goldenHost, goldenHostPci} from '../../../../support/golden-machines.ts'

export interface HostChanges extends Partial<HostFacts> { readonly qemuVersion?: string }

export async function guestInput(values: Readonly<Record<string, string>>, {qemuVersion = '10.0.8', ...host}: HostChanges = {}): Promise<ArgumentsInput> {
  const paths = guestPaths({stateDir: '/lib', runDir: '/run/corral', logDir: '/log', root: undefined}, 100)
  return {
    vmid: 100, config: {values}, host: {...goldenHost(qemuVersion), ...host}, drives: await goldenDrives(values), hostPci: goldenHostPci(values), paths,
    eventSocket: '/run/corral/qmeventd.sock', spice: {kind: 'unix', path: '/run/corral/qemu-server/100.spice'},
  }
}

export async function argumentsOf(values: Readonly<Record<string, string>>, host: HostChanges = {}): Promise<QemuArguments> {
  return buildArguments(await guestInput(values, host))
}

/** The values of a flag, in order: `valuesOf(argv, '-device')`. */
export function valuesOf(argv: readonly string[], flag: string): string[] {
  return argv.flatMap((word, index) => (word === flag ? [argv[index + 1] ?? ''] : []))
}

/** The device with an id. */
export function deviceOf(argv: readonly string[], id: string): string | undefined {
  return valuesOf(argv, '-device').find(device => device.split(',').includes(`id=${id}`))
}
