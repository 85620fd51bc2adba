// Reads a device itself: its signatures by wipefs, its table of partitions by partx, both of util-linux. For devices that are about to be changed; a
// listing is content with what udev knows.
import {UnavailableError} from '../../base/index.ts'
import type {Context} from '../../tasks/index.ts'
import type {Probe} from './contents.ts'
import type {FoundDevice} from './find-device.ts'
import {devicePath} from './facts/machine.ts'
import {parsePartitionNumbers, parseSignatures} from './facts/tool-answers.ts'

const timeoutMs = 30_000

/** @throws NotFoundError when util-linux is not there; ToolError; UnavailableError */
export async function probe({host, signal}: Pick<Context, 'host' | 'signal'>, found: FoundDevice): Promise<Probe> {
  const paths = [found.path, ...found.isPartition ? [] : found.disk.partitions.map(({name}) => devicePath(name))]
  const {stdout} = await host.run(['wipefs', '--json', '--output', 'DEVICE,TYPE,LABEL,UUID,USAGE', '--', ...paths], {timeoutMs, signal})
  const signatures = parseSignatures(stdout, paths)
  if (signatures === undefined) throw new UnavailableError(`it cannot be told what is on ${found.path}: wipefs answered with something that is no list of signatures`)
  const hasTable = signatures.get(found.path)?.some(({isTable}) => isTable) === true
  if (!hasTable || found.isPartition || found.disk.partitions.length > 0) return {signatures, hiddenPartitions: new Map()}
  // partx ends with 1 where it cannot read the table.
  const {stdout: listed, exitCode} = await host.run(['partx', '--show', '--noheadings', '--output', 'NR', '--', found.path], {timeoutMs, signal, okExitCodes: [0, 1]})
  const hidden = exitCode === 0 ? parsePartitionNumbers(listed).map((number) => `partition ${number}, which the kernel does not know`) : ['a partition table that cannot be read']
  return {signatures, hiddenPartitions: new Map([[found.path, hidden]])}
}
