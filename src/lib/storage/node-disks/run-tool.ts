// Runs the programs that write to devices, and tells udev of it afterwards.
import {NotFoundError, ToolError, UnavailableError} from '../../base/index.ts'
import type {Context} from '../../tasks/index.ts'
import {commandLine} from '../../tasks/index.ts'

/** Making a file system on a large disk, or a pool on many. */
const timeoutMs = 15 * 60_000

/** udev learns what is on the devices now; a host without udev has nobody to tell. */
const announceCommands = [['udevadm', 'trigger', '--subsystem-match=block'], ['udevadm', 'settle', '--timeout=20']] as const
export const announceLines: readonly string[] = announceCommands.map((argv) => commandLine(argv))

/** @throws UnavailableError naming the package of a program that is not there; ToolError */
export async function runTool(argv: readonly string[], {host, signal, log}: Pick<Context, 'host' | 'signal' | 'log'>, okExitCodes: readonly number[] = [0]): Promise<void> {
  try {
    // A survivor would make again what an undo has taken away; but a table of partitions must not be left half written.
    const diesWithUs = argv[0] !== 'sfdisk' && argv[0] !== 'sgdisk'
    await host.run(argv, {signal, timeoutMs, okExitCodes, diesWithUs, onLine: (line) => log.info(line), env: {LVM_SUPPRESS_FD_WARNINGS: '1'}})
  } catch (error) {
    const program = argv[0] ?? ''
    if (!(error instanceof NotFoundError)) throw error
    const name = packages.find(([programs]) => programs.test(program))?.[1]
    throw new UnavailableError(`${program} is not installed`, {cause: error, nextSteps: name === undefined ? [] : [`apt-get install ${name}`]})
  }
}

const packages: readonly (readonly [programs: RegExp, name: string])[] = [
  [/^sgdisk$/, 'gdisk'], [/^(?:vg|lv|pv)/, 'lvm2'], [/^(?:zpool|zfs)$/, 'zfsutils-linux'], [/^mkfs\.xfs$/, 'xfsprogs'], [/^mkfs\.ext4$/, 'e2fsprogs'], [/^sfdisk$/, 'fdisk'], [/^(?:wipefs|partx)$/, 'util-linux'], [/^dd$/, 'coreutils'],
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
