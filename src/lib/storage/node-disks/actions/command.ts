// The action that runs a program which writes to devices, after looking once more whether these are the devices that were looked at when it was planned,
// and whether there is nothing on them that it would destroy.
import type {Action, Context} from '../../../tasks/index.ts'
import {commandLine, defineAction} from '../../../tasks/index.ts'
import {NotFoundError, ToolError, UnavailableError} from '../../../base/index.ts'
import type {Need} from '../examine.ts'
import {checkAgain} from '../examine.ts'
import type {DeviceIdentity} from '../identity.ts'

export interface DiskCommand extends Action {
  readonly kind: 'disk.command'
  readonly argv: readonly string[]
  readonly devices: readonly DeviceIdentity[]
  readonly needs: Need
}

/** Making a file system on a large disk, or a pool on many. */
const timeoutMs = 15 * 60_000

/** udev learns what is on the devices now; a host without udev has nobody to tell. */
const announceCommands = [['udevadm', 'trigger', '--subsystem-match=block'], ['udevadm', 'settle', '--timeout=20']] as const
export const announceLines: readonly string[] = announceCommands.map((argv) => commandLine(argv))

export const diskCommand = defineAction<DiskCommand>({
  kind: 'disk.command',
  // It refuses before it runs the program.
  conflictMeansUntouched: true,
  describe: ({argv}) => [commandLine(argv), ...announceLines],
  run: async ({argv, devices, needs}, context) => {
    for (const device of devices) await checkAgain(device, needs, context)
    await runTool(argv, context)
    await announceChange(context)
  },
})

/** @throws UnavailableError naming the package of a program that is not there; ToolError */
export async function runTool(argv: readonly string[], {host, signal, log}: Pick<Context, 'host' | 'signal' | 'log'>): Promise<void> {
  try {
    await host.run(argv, {signal, timeoutMs, onLine: (line) => log.info(line), env: {LVM_SUPPRESS_FD_WARNINGS: '1'}})
  } catch (error) {
    const program = argv[0] ?? ''
    if (!(error instanceof NotFoundError)) throw error
    const name = packages.find(([programs]) => programs.test(program))?.[1]
    throw new UnavailableError(`${program} is not installed`, {cause: error, nextSteps: name === undefined ? [] : [`apt-get install ${name}`]})
  }
}

const packages: readonly (readonly [programs: RegExp, name: string])[] = [
  [/^sgdisk$/, 'gdisk'], [/^(?:vg|lv|pv)/, 'lvm2'], [/^(?:zpool|zfs)$/, 'zfsutils-linux'], [/^mkfs\.xfs$/, 'xfsprogs'], [/^mkfs\.ext4$/, 'e2fsprogs'], [/^(?:wipefs|dd)$/, 'util-linux'],
]

export async function announceChange({host}: Pick<Context, 'host'>): Promise<void> {
  for (const argv of announceCommands) {
    try {
      await host.run(argv, {timeoutMs: 30_000})
    } catch (error) {
      if (!(error instanceof NotFoundError || error instanceof ToolError || error instanceof UnavailableError)) throw error
    }
  }
}
