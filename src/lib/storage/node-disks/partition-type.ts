// The type that stands in the table of partitions for what is on one. It decides nothing for the kernel, but other programs go by it.
import type {Context} from '../../tasks/index.ts'
import type {FoundDevice} from './find-device.ts'
import {devicePath} from './facts/machine.ts'
import {parsePartitionType} from './facts/tool-answers.ts'
import {partitionTypes} from './device-use.ts'

export type PartitionUse = 'linux' | 'lvm' | 'zfs'

export interface PartitionType {
  readonly table: 'gpt' | 'dos'
  /** A GUID, or two hexadecimal digits. */
  readonly code: string
}

const codes: Readonly<Record<PartitionType['table'], Readonly<Record<PartitionUse, string>>>> = {
  gpt: {linux: partitionTypes.linux, lvm: partitionTypes.lvm, zfs: partitionTypes.zfs[0] ?? ''},
  dos: {linux: '83', lvm: '8e', zfs: 'bf'},
}

const timeoutMs = 30_000

/** What the table says now; undefined where there is no table, or one of another kind: its types are left alone. @throws NotFoundError when util-linux is not there */
export async function partitionTypeOf(found: FoundDevice, {host, signal}: Pick<Context, 'host' | 'signal'>): Promise<PartitionType | undefined> {
  const number = partitionNumber(found)
  if (number === undefined) return undefined
  const argv = ['partx', '--show', '--noheadings', '--output', 'NR,SCHEME,TYPE', '--nr', String(number), '--', devicePath(found.disk.name)]
  const {stdout} = await host.run(argv, {timeoutMs, signal, okExitCodes: [0, 1]})
  return parsePartitionType(stdout, number)
}

/** Another partition of the disk may be in use, which sfdisk would refuse for: the kernel need not know of the type. */
export function partitionTypeArgv(found: FoundDevice, code: string): string[] {
  return ['sfdisk', '--no-reread', '--no-tell-kernel', '--part-type', '--', devicePath(found.disk.name), String(partitionNumber(found) ?? ''), code]
}

export function codeFor(use: PartitionUse, {table}: PartitionType): string {
  return codes[table][use]
}

/** Whether it says so already; a GPT has two types for ZFS. */
export function saysUse(use: PartitionUse, {code}: PartitionType): boolean {
  return [codes.gpt[use], codes.dos[use], ...use === 'zfs' ? partitionTypes.zfs : []].includes(code)
}

function partitionNumber({isPartition, name, disk}: FoundDevice): number | undefined {
  const digits = isPartition ? /^p?(\d{1,4})$/.exec(name.slice(disk.name.length))?.[1] : undefined
  return digits === undefined ? undefined : Number(digits)
}
