// Suite ovf: what a manifest says of a machine, and how large the images beside it are.
import {join} from 'node:path'
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {AppError} from '../../src/lib/base/index.ts'
import {localHost} from '../../src/lib/host/local/index.ts'
import {ovfConfig} from '../../src/lib/guest/qemu/ovf/config.ts'
import {readOvf} from '../../src/lib/guest/qemu/ovf/manifest.ts'
import {headerBytes, parseImageHeader} from '../../src/lib/storage/dir/image-header.ts'
import {Refusal, compareData, isRecord, type Adapter, type Data} from './adapter.ts'

export const adapter: Adapter = {
  async answer(input, env) {
    const folder = await mkdtemp(join(tmpdir(), 'corral-ovf-'))
    try {
      await makeImages(folder, env['images'] as Record<string, Data>)
      const machine = readOvf(String((env['files'] as Data)[String(input['manifest'])]))
      const disks = await Promise.all(machine.disks.map(async ({address, file = ''}) =>
        ({disk_address: address, backing_file: file, virtual_size: await virtualSize(join(folder, file))})))
      return {disks, net: Object.fromEntries(machine.networkCards.map(({model}, number) => [`net${number}`, {model}])), qm: ovfConfig(machine)}
    } catch (error) {
      if (error instanceof AppError) return new Refusal(error)
      throw error
    } finally {
      await rm(folder, {recursive: true, force: true})
    }
  },
  /** The answer may hold more than is expected. */
  differences(answer, expect) {
    if (answer instanceof Refusal) return expect['error'] === undefined ? [`was refused: ${answer.message}`] : []
    if (expect['error'] !== undefined) return [`was not refused but answered ${JSON.stringify(answer)}`]
    return compareData(expectedPart(answer, expect), expect)
  },
}

async function makeImages(folder: string, images: Readonly<Record<string, Data>>): Promise<void> {
  const host = localHost('h1')
  for (const [name, {format, 'virtual-size': size}] of Object.entries(images)) {
    await host.run(['qemu-img', 'create', '-q', '-f', String(format), '--', join(folder, name), String(size)])
  }
}

async function virtualSize(path: string): Promise<number> {
  return parseImageHeader('vmdk', await localHost('h1').files.readAt(path, 0, headerBytes)).virtualSizeBytes
}

function expectedPart(answer: unknown, expect: unknown): unknown {
  if (!isRecord(answer) || !isRecord(expect)) return answer
  return Object.fromEntries(Object.keys(expect).map((key) => [key, expectedPart(answer[key], expect[key])]))
}
