// Disk images with partitions and real file systems, for tests.
import {execFileSync} from 'node:child_process'
import {closeSync, ftruncateSync, openSync, readFileSync, readdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

export interface ImageFileSystem {
  /** Names of mkfs: `ext4`, `xfs`. */
  readonly type: 'btrfs' | 'ext4' | 'xfs'
  readonly sizeMib: number
  /** A folder whose files it holds; of xfs only those directly in it. */
  readonly from?: string
}

/**
 * Writes an image with one partition for each file system, the first from 1 MiB on.
 * @param table `gpt`, `dos` (the second and later ones are logical), or none for the first file system alone
 */
export function makeDiskImage(path: string, table: 'dos' | 'gpt' | 'none', fileSystems: readonly ImageFileSystem[]): Buffer {
  const totalMib = fileSystems.reduce((sum, {sizeMib}) => sum + sizeMib + 1, 2)
  const file = openSync(path, 'w')
  ftruncateSync(file, totalMib * 1024 * 1024)
  closeSync(file)
  let startMib = table === 'none' ? 0 : 1
  const lines: string[] = []
  for (const [index, {sizeMib}] of fileSystems.entries()) {
    if (table === 'dos' && index === 1) { lines.push(`start=${startMib}MiB, type=5`); startMib++ }
    lines.push(`start=${startMib}MiB, size=${sizeMib}MiB`)
    startMib += sizeMib + (table === 'dos' ? 1 : 0)
  }
  if (table !== 'none') execFileSync('sfdisk', ['-q', path], {input: `label: ${table}\n${lines.join('\n')}\n`, timeout: 60_000})
  const offsets = table === 'none' ? [0] : startsOf(path)
  for (const [index, one] of fileSystems.entries()) makeFileSystem(path, offsets[index] ?? 0, one)
  return readFileSync(path)
}

/** Of partitions that are not extended ones, in bytes. */
function startsOf(path: string): number[] {
  const {partitiontable: {partitions}} = JSON.parse(execFileSync('sfdisk', ['--json', path], {encoding: 'utf8', timeout: 60_000})) as {partitiontable: {partitions: {start: number; type: string}[]}}
  return partitions.filter(({type}) => type !== '5').map(({start}) => start * 512)
}

function makeFileSystem(path: string, offset: number, {type, sizeMib, from}: ImageFileSystem): void {
  const part = `${path}.part`
  execFileSync('truncate', ['-s', `${sizeMib}M`, part], {timeout: 60_000})
  const prototype = `${part}.prototype`
  if (type === 'xfs' && from !== undefined) writeFileSync(prototype, xfsPrototype(from))
  const argv = {
    ext4: ['mkfs.ext4', '-q', '-F', ...(from === undefined ? [] : ['-d', from]), part], btrfs: ['mkfs.btrfs', '-q', ...(from === undefined ? [] : ['--rootdir', from]), part], xfs: ['mkfs.xfs', '-q', ...(from === undefined ? [] : ['-p', prototype]), part],
  }[type]
  execFileSync(argv[0] ?? '', argv.slice(1), {timeout: 120_000})
  execFileSync('dd', [`if=${part}`, `of=${path}`, 'bs=1M', `seek=${offset / 1024 / 1024}`, 'conv=notrunc,sparse', 'status=none'], {timeout: 120_000})
  execFileSync('rm', ['-f', '--', part, prototype], {timeout: 60_000})
}

/** What mkfs.xfs(8) calls a prototype: the files, whose, and where from. */
function xfsPrototype(folder: string): string {
  const files = readdirSync(folder, {withFileTypes: true}).filter((entry) => entry.isFile()).map(({name}) => `${name} ---644 0 0 ${join(folder, name)}`)
  return ['/', '0 0', 'd--755 0 0', ...files, '$', ''].join('\n')
}
