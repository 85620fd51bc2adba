// pvesm alloc: a new disk for a guest. The name is chosen under the lock of the storage.
import {ConflictError, InvalidInputError} from '../../base/index.ts'
import {handleChange} from '../../tasks/index.ts'
import {openStorage} from '../open-storage.ts'
import type {Format, Storage} from '../storage.ts'
import {formatVolumeId} from '../volume-id.ts'
import {createVolumeStep, storageLock} from '../volume-steps.ts'
import {spec} from './alloc.spec.ts'

const unitBytes = {'': 1024, M: 1024 ** 2, G: 1024 ** 3} as const

export const handler = handleChange(spec, {
  locks: ({storage}) => [storageLock(storage)],
  plan: async ({storage: name, vmid, filename, size, format}, context) => {
    const sizeBytes = readSize(size)
    const storage = await openStorage(name, context)
    checkTakesDisks(storage)
    const want = {vmid, format: chosenFormat(storage, filename, format), sizeBytes, ...(filename === '' ? {} : {base: filename})}
    const {id, step} = await createVolumeStep(storage, want)
    return {steps: [step], whenInterrupted: 'undo', result: formatVolumeId(id)}
  },
  text: (id) => [`successfully created '${String(id)}'`],
})

function readSize(text: string): number {
  const [, digits = '', unit = ''] = /^(\d+)([MG]?)$/.exec(text) ?? []
  const sizeBytes = Number(digits) * unitBytes[unit as keyof typeof unitBytes]
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes <= 0) {
    throw new InvalidInputError(`'${text}' is no size for a disk: from 1 (KiB) up to 8388607G`, {size: 'is out of range'})
  }
  return sizeBytes
}

function chosenFormat(storage: Storage, filename: string, asked: string | undefined): Format {
  const ending = /\.(raw|qcow2|vmdk|subvol)$/.exec(filename)?.[1]
  const format = (asked ?? ending ?? storage.traits.defaultFormat) as Format
  if (!storage.traits.formats.includes(format)) {
    throw new InvalidInputError(`storage '${storage.config.storage}' has no disks of format ${format}; it has ${storage.traits.formats.join(', ')}`, {format: 'is not available there'})
  }
  return format
}

function checkTakesDisks(storage: Storage): void {
  const {defaultContent, content} = storage.traits
  if (defaultContent.includes('images') || defaultContent.includes('rootdir')) return
  const name = storage.config.storage
  throw new ConflictError(`storage '${name}' does not take disks: its content is ${defaultContent.join(',') || 'none'}`, {
    nextSteps: [content.includes('images') ? `Allow them: pvesm set ${name} --content ${['images', ...defaultContent].join(',')}` : 'See which do: pvesm status --content images'],
  })
}
