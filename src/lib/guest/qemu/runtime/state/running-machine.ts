// What a guest runs with that its state depends on: the board, the processor, what its network cards were told. From the note of its start and
// its command line, not from the configuration, which may have changed since.
import {UnavailableError} from '../../../../base/index.ts'
import {readRunRecord} from '../record.ts'
import {runtimeStatus} from '../status.ts'
import type {RuntimeContext} from '../status.ts'

export interface RunningMachine {
  readonly machine: string
  readonly cpu: string | undefined
  /** `net0=1500,net1=9000`, of the cards that were told theirs. */
  readonly netMtus: string | undefined
}

const maxCommandLineBytes = 512 * 1024

/** @throws UnavailableError when it does not run any more, or nothing was noted of its start */
export async function runningMachine(vmid: number, context: RuntimeContext): Promise<RunningMachine> {
  const [process, record] = [await runtimeStatus(vmid, context), await readRunRecord(vmid, context)]
  if (process === undefined || record === undefined) throw new UnavailableError(`nothing is noted of the start of virtual machine ${vmid}, so its state could not be loaded again`, {data: {vmid}})
  const text = await context.host.files.readText(`/proc/${process.pid}/cmdline`, maxCommandLineBytes)
  return {machine: record.machine, ...settingsIn(text.split('\0'))}
}

/** Pure. */
export function settingsIn(argv: readonly string[]): Pick<RunningMachine, 'cpu' | 'netMtus'> {
  const at = argv.lastIndexOf('-cpu')
  const mtus = argv.flatMap((word, index) => {
    const [id, mtu] = argv[index - 1] === '-device' ? [/(?:^|,)id=(net\d{1,2})(?:,|$)/.exec(word)?.[1], /(?:^|,)host_mtu=(\d{1,5})(?:,|$)/.exec(word)?.[1]] : []
    return id === undefined || mtu === undefined ? [] : [`${id}=${mtu}`]
  })
  return {cpu: at === -1 ? undefined : argv[at + 1], netMtus: mtus.length === 0 ? undefined : mtus.join(',')}
}
