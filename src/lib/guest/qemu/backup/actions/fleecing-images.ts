// The images that take the old blocks of a running machine's disks during its backup, where no storage was named for them: they lie in the folder for
// temporary files of that backup. And their removal.
import type {Action} from '../../../../tasks/index.ts'
import {commandLine, defineAction} from '../../../../tasks/index.ts'

export interface MakeFleecingImages extends Action {
  readonly kind: 'qemu.make-fleecing-images'
  readonly folder: string
  readonly images: readonly {readonly path: string; readonly sizeBytes: number}[]
}

export interface RemoveFleecingImages extends Action {
  readonly kind: 'qemu.remove-fleecing-images'
  readonly folder: string
  readonly paths: readonly string[]
}

export const makeFleecingImages = defineAction<MakeFleecingImages>({
  kind: 'qemu.make-fleecing-images',
  describe: ({folder, images}) => [commandLine(['mkdir', '-m', '700', '-p', '--', folder]), ...images.map((image) => commandLine(createArgv(image)))],
  run: async ({folder, images}, {host, signal}) => {
    await host.files.makeDirectory(folder, 0o700)
    for (const image of images) await host.run(createArgv(image), {signal, diesWithUs: true})
  },
})

export const removeFleecingImages = defineAction<RemoveFleecingImages>({
  kind: 'qemu.remove-fleecing-images',
  describe: ({folder, paths}) => [...paths.map((path) => commandLine(['rm', '-f', '--', path])), commandLine(['rmdir', '--', folder])],
  run: async ({folder, paths}, {host}) => {
    for (const path of paths) await host.files.remove(path)
    if ((await host.files.stat(folder))?.kind === 'directory' && (await host.files.list(folder)).length === 0) await host.files.remove(folder)
  },
})

function createArgv({path, sizeBytes}: MakeFleecingImages['images'][number]): string[] {
  return ['qemu-img', 'create', '-q', '-f', 'qcow2', '--', path, String(sizeBytes)]
}
