// The action that makes a device blank: signatures of file systems and tables are erased on it and its partitions, and its beginning and end are
// written over, where tables, labels and headers lie that no tool knows.
import type {Action} from '../../../tasks/index.ts'
import {commandLine, defineAction} from '../../../tasks/index.ts'
import {checkAgain} from '../examine.ts'
import type {DeviceIdentity} from '../identity.ts'
import {announceChange, announceLines, runTool} from '../run-tool.ts'

export interface DiskWipe extends Action {
  readonly kind: 'disk.wipe'
  readonly device: DeviceIdentity
  readonly partitions: readonly string[]
  /** What will be lost, a line each. */
  readonly loses: readonly string[]
  /** Of a partition: what makes its table say that there is nothing particular on it. */
  readonly typeArgv?: readonly string[]
}

const mebibyte = 1024 ** 2
/** As much as Proxmox VE writes over. */
const headBytes = 200 * mebibyte
/** ZFS keeps two labels of 256 KiB at the end, GPT and software RAID less. */
const tailBytes = 4 * mebibyte

export const diskWipe = defineAction<DiskWipe>({
  kind: 'disk.wipe',
  conflictMeansUntouched: true,
  describe: (action) => [
    ...action.loses.length === 0 ? [`# there is nothing on ${action.device.path}`] : action.loses.map((line) => `# will be lost: ${line}`),
    ...wipeCommands(action).map((argv) => commandLine(argv)), ...announceLines,
  ],
  run: async (action, context) => {
    await checkAgain(action.device, 'idle', context)
    for (const argv of wipeCommands(action)) await runTool(argv, context)
    await announceChange(context)
    context.log.info(`${action.device.path} is blank`)
  },
})

/** Pure. Partitions come first: once the table is gone their devices are. */
function wipeCommands({device: {path, sizeBytes}, partitions, typeArgv}: Pick<DiskWipe, 'device' | 'partitions' | 'typeArgv'>): (readonly string[])[] {
  const zero = (offsetBytes: number, lengthBytes: number) => [
    'dd', 'if=/dev/zero', `of=${path}`, 'bs=1M', `seek=${offsetBytes}`, `count=${lengthBytes}`, 'iflag=count_bytes', 'oflag=seek_bytes', 'conv=fdatasync,nocreat', 'status=none',
  ]
  const head = Math.min(headBytes, sizeBytes)
  const tail = Math.min(tailBytes, sizeBytes - head)
  return [
    ...partitions.map((partition) => ['wipefs', '--all', '--', partition]), ['wipefs', '--all', '--', path],
    zero(0, head), ...tail > 0 ? [zero(sizeBytes - tail, tail)] : [], ...typeArgv === undefined ? [] : [typeArgv],
  ]
}
