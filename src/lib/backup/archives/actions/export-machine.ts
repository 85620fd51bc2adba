// Writes a virtual machine that is kept in a repository as a VMA archive. What the repository knows to be zeros is told, not read.
import {randomUUID} from 'node:crypto'
import type {NamedDiskSource, ArchiveTarget, VmaDiskSink} from '../../../storage/archive/index.ts'
import {archiveArgvs, vmaStream, writeArchive} from '../../../storage/archive/index.ts'
import type {Action} from '../../../tasks/index.ts'
import {commandLine, defineAction} from '../../../tasks/index.ts'

export interface ExportMachine extends Action {
  readonly kind: 'backup.export-machine'
  readonly volume: string
  readonly target: ArchiveTarget
}

/** Whole clusters of VMA. */
const pieceBytes = 4 * 1024 * 1024

export const exportMachine = defineAction<ExportMachine>({
  kind: 'backup.export-machine',
  conflictMeansUntouched: true,
  describe: ({volume, target}) => [`# read ${volume} from its repository`, ...archiveArgvs(target).map((argv) => commandLine(argv))],
  run: async ({volume, target}, context) => {
    const {withKeptMachine} = await import('../../../storage/repository/index.ts')
    await withKeptMachine(volume, context, async ({config, firewall, disks}) => {
      const configs = [{name: 'qemu-server.conf', text: config}, ...(firewall === undefined ? [] : [{name: 'qemu-server.fw', text: firewall}])]
      const contents = {uuid: randomUUID(), createdAtMs: context.clock.now(), configs, disks: disks.map(({name, sizeBytes}) => ({name, sizeBytes}))}
      const totalBytes = disks.reduce((sum, {sizeBytes}) => sum + sizeBytes, 0)
      let doneBytes = 0
      const source = vmaStream(contents, (sinks) => copyDisks(disks, sinks), (bytes) => {
        doneBytes += bytes
        context.log.progress(doneBytes, totalBytes, 'export', 'bytes')
      })
      await writeArchive(target, source, context)
    })
  },
})

async function copyDisks(disks: readonly NamedDiskSource[], sinks: readonly VmaDiskSink[]): Promise<void> {
  for (const [index, disk] of disks.entries()) {
    for (let offset = 0; offset < disk.sizeBytes; offset += pieceBytes) {
      const count = Math.min(pieceBytes, disk.sizeBytes - offset)
      if (disk.isHole(offset, count)) await sinks[index]?.writeZeros(offset, count)
      else await sinks[index]?.write(offset, await disk.read(offset, count))
    }
  }
}
