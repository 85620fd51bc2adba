// The calls of qemu-img that a folder storage makes, as argv: always with the format named, so that no header is ever probed. Paths are
// absolute, which keeps QEMU from taking `nbd:…` or `json:…` for an address, and stand behind `--`. Pure.
import {UnsupportedError} from '../../base/index.ts'
import type {Format} from '../storage.ts'
import type {Preallocation} from './options.ts'

export function createImageArgv(path: string, format: Format, sizeBytes: number, preallocation: Preallocation): string[] {
  const options = creationOptions(format, preallocation)
  return ['qemu-img', 'create', '-q', '-f', format, ...(options === undefined ? [] : ['-o', options]), '--', path, String(sizeBytes)]
}

/** @throws UnsupportedError for a format that QEMU cannot make larger */
export function resizeImageArgv(path: string, format: Format, sizeBytes: number, preallocation: Preallocation): string[] {
  if (format !== 'raw' && format !== 'qcow2') {
    throw new UnsupportedError(`disks of format ${format} cannot be made larger`, {nextSteps: [`Convert it first: qemu-img convert -f ${format} -O qcow2 …`]})
  }
  // The tables of qcow2 grow with the image when it is resized; laying out the added part is asked for where the space was asked for.
  const growth = preallocation === 'falloc' || preallocation === 'full' ? [`--preallocation=${preallocation}`] : []
  return ['qemu-img', 'resize', '-q', '-f', format, ...growth, '--', path, String(sizeBytes)]
}

/**
 * A qcow2 image that stands on another one.
 * @param base its path as the image is to hold it, from the folder of the image
 */
export function createCloneArgv(path: string, base: {readonly path: string; readonly format: string}): string[] {
  return ['qemu-img', 'create', '-q', '-f', 'qcow2', '-F', base.format, '-b', base.path, '--', path]
}

/**
 * A qcow2 image that stands on another one beside it, which is not opened (-u) and need not be there yet.
 * @param below its file name
 */
export function createOverlayArgv(path: string, below: string, sizeBytes: number): string[] {
  return ['qemu-img', 'create', '-q', '-f', 'qcow2', '-u', '-F', 'qcow2', '-b', below, '--', path, String(sizeBytes)]
}

/** Takes over what only the image below has, and stands on another one from then on, or on none. Done twice it does the same. */
export function rebaseArgv(path: string, below: {readonly backing: string; readonly format: string} | undefined): string[] {
  return ['qemu-img', 'rebase', '-q', '-f', 'qcow2', ...below === undefined ? ['-b', ''] : ['-F', below.format, '-b', below.backing], '--', path]
}

/** Fails while somebody writes to the image. */
export function useArgv(path: string): string[] {
  return ['qemu-img', 'info', '-f', 'qcow2', '--', path]
}

const snapshotOptions = {create: '-c', rollback: '-a', remove: '-d'} as const

/** `qemu-img snapshot` takes no -f and would look into the file for its format; so it is told by --image-opts, where a comma is doubled. */
export function snapshotArgv(what: keyof typeof snapshotOptions, path: string, name: string): string[] {
  return ['qemu-img', 'snapshot', '-q', snapshotOptions[what], name, '--image-opts', `driver=qcow2,file.driver=file,file.filename=${path.replaceAll(',', ',,')}`]
}

// A raw file has no tables, so `metadata` means for it that nothing is laid out. VMDK has no such option.
function creationOptions(format: Format, preallocation: Preallocation): string | undefined {
  switch (format) {
    case 'raw': return `preallocation=${preallocation === 'metadata' ? 'off' : preallocation}`
    case 'qcow2': return `preallocation=${preallocation}`
    case 'vmdk':
    case 'subvol': return undefined
  }
}

/** The space that making the image takes at once; the rest is taken as the guest writes. */
export function spaceForCreation(format: Format, sizeBytes: number, preallocation: Preallocation): number {
  // qcow2: an eight-byte entry for each cluster of 64 KiB, and as much again, rounded up, for the counts of uses and the headers.
  const tables = format === 'qcow2' ? Math.ceil(sizeBytes / 8192) + Math.ceil(sizeBytes / 32_768) + 1024 * 1024 : 64 * 1024
  switch (format === 'vmdk' ? 'off' : preallocation) {
    case 'off': return 256 * 1024
    case 'metadata': return format === 'qcow2' ? tables : 64 * 1024
    case 'falloc':
    case 'full': return sizeBytes + tables
  }
}
