// The drive keys of qm.conf: ide[n], sata[n], scsi[n], virtio[n], efidisk0, unused[n], with their sub-properties, and their reading.
// What a drive becomes on QEMU's command line is said in arguments/; whether its volume exists is for the storage to say.
import {InvalidInputError} from '../../../base/index.ts'
import {parseSize} from '../../../spec/size.ts'
import type {Params, PropertyFormat, Values, ValueSchema} from '../../../spec/index.ts'
import {readProperties} from '../../read-properties.ts'

const file = {
  type: 'string', format: 'pve-volume-id-or-qm-path', defaultKey: true, placeholder: 'volume', completion: 'volume',
  description: 'The volume behind the drive, an absolute path on the host, `none` for an empty CD-ROM drive, or `cdrom` for the host\'s own drive.',
} as const satisfies ValueSchema
const volume = {alias: 'file', optional: true} as const satisfies ValueSchema
const size = {
  type: 'string', format: 'disk-size', optional: true, placeholder: 'DiskSize',
  description: 'The size of the volume, for information only.',
} as const satisfies ValueSchema
const imageFormat = {
  type: 'string', enum: ['cloop', 'qcow', 'qcow2', 'qed', 'raw', 'vmdk'], optional: true,
  description: 'The format of the image. Volumes of a storage have the format that the storage says; a path is taken as raw when nothing is said.',
} as const satisfies ValueSchema

function bytesPerSecond(what: string) {
  return {type: 'integer', minimum: 0, optional: true, placeholder: 'bps', description: `Limit of ${what}, in bytes a second.`} as const
}
function mebibytesPerSecond(what: string) {
  return {type: 'number', minimum: 0, optional: true, placeholder: 'mbps', description: `Limit of ${what}, in MiB a second.`} as const
}
function operationsPerSecond(what: string) {
  return {type: 'integer', minimum: 0, optional: true, placeholder: 'iops', description: `Limit of ${what}, in operations a second.`} as const
}
function burstSeconds(what: string) {
  return {type: 'integer', minimum: 1, optional: true, placeholder: 'seconds', description: `How long a burst of ${what} may last, in seconds.`} as const
}

const throttling = {
  bps: bytesPerSecond('reading and writing together'),
  bps_rd: bytesPerSecond('reading'),
  bps_wr: bytesPerSecond('writing'),
  bps_max_length: burstSeconds('reading and writing'),
  bps_rd_max_length: burstSeconds('reading'),
  bps_wr_max_length: burstSeconds('writing'),
  bps_rd_length: {alias: 'bps_rd_max_length', optional: true},
  bps_wr_length: {alias: 'bps_wr_max_length', optional: true},
  mbps: mebibytesPerSecond('reading and writing together'),
  mbps_rd: mebibytesPerSecond('reading'),
  mbps_wr: mebibytesPerSecond('writing'),
  mbps_max: mebibytesPerSecond('a burst of reading and writing'),
  mbps_rd_max: mebibytesPerSecond('a burst of reading'),
  mbps_wr_max: mebibytesPerSecond('a burst of writing'),
  iops: operationsPerSecond('reading and writing together'),
  iops_rd: operationsPerSecond('reading'),
  iops_wr: operationsPerSecond('writing'),
  iops_max: operationsPerSecond('a burst of reading and writing'),
  iops_rd_max: operationsPerSecond('a burst of reading'),
  iops_wr_max: operationsPerSecond('a burst of writing'),
  iops_max_length: burstSeconds('operations'),
  iops_rd_max_length: burstSeconds('read operations'),
  iops_wr_max_length: burstSeconds('write operations'),
  iops_rd_length: {alias: 'iops_rd_max_length', optional: true},
  iops_wr_length: {alias: 'iops_wr_max_length', optional: true},
} as const satisfies PropertyFormat

const common = {
  file,
  volume,
  aio: {
    type: 'string', enum: ['io_uring', 'native', 'threads'], optional: true,
    description: 'How QEMU waits for the host: io_uring, Linux\' native asynchronous I/O, or a pool of threads.',
  },
  backup: {type: 'boolean', optional: true, description: 'Whether backups hold this drive.'},
  cache: {
    type: 'string', enum: ['directsync', 'none', 'unsafe', 'writeback', 'writethrough'], optional: true,
    description: 'How the host caches the drive. Without it the host\'s page cache is bypassed.',
  },
  detect_zeroes: {type: 'boolean', optional: true, description: 'Whether writes of zeroes are turned into holes. On unless set to 0.'},
  discard: {type: 'string', enum: ['ignore', 'on'], optional: true, description: 'Whether the guest\'s trim requests reach the storage.'},
  format: imageFormat,
  media: {type: 'string', enum: ['cdrom', 'disk'], default: 'disk', optional: true, description: 'Whether the guest sees a hard disk or a CD-ROM drive.'},
  replicate: {type: 'boolean', default: true, optional: true, description: 'Whether replication jobs hold this drive.'},
  rerror: {type: 'string', enum: ['ignore', 'report', 'stop'], optional: true, description: 'What happens when reading from the host fails.'},
  serial: {
    type: 'string', format: 'urlencoded', maxLength: 60, optional: true, placeholder: 'serial',
    description: 'The serial number that the guest reads, URL-encoded, at most 20 bytes.',
  },
  shared: {type: 'boolean', default: false, optional: true, description: 'States that this volume is there on every node although its storage is not shared.'},
  size,
  snapshot: {
    type: 'boolean', optional: true,
    description: 'Keeps the guest\'s writes in a temporary file that is dropped when it stops. Needs a machine version before 10.0.',
  },
  werror: {type: 'string', enum: ['enospc', 'ignore', 'report', 'stop'], optional: true, description: 'What happens when writing to the host fails.'},
  ...throttling,
} as const satisfies PropertyFormat

const iothread = {type: 'boolean', optional: true, description: 'Gives the drive a thread of its own (virtio, and scsi with `virtio-scsi-single`).'} as const
const readOnly = {type: 'boolean', optional: true, description: 'Whether the guest may only read.'} as const
const ssd = {type: 'boolean', optional: true, description: 'Whether the guest sees a solid-state disk.'} as const
const wwn = {
  type: 'string', pattern: '0x[0-9a-fA-F]{16}', optional: true, placeholder: 'wwn',
  description: 'The world wide name of the drive: 0x and 16 hexadecimal digits.',
} as const

export const ideFormat = {
  ...common,
  model: {
    type: 'string', format: 'urlencoded', maxLength: 120, optional: true, placeholder: 'model',
    description: 'The model name that the guest reads, URL-encoded, at most 40 bytes.',
  },
  ssd, wwn,
} as const satisfies PropertyFormat
export const sataFormat = {...common, ssd, wwn} as const satisfies PropertyFormat
export const scsiFormat = {
  ...common, iothread,
  product: {
    type: 'string', pattern: '[A-Za-z0-9\\-_\\s]{0,16}', optional: true, placeholder: 'product',
    description: 'The product name that the guest reads, at most 16 bytes.',
  },
  queues: {type: 'integer', minimum: 2, optional: true, description: 'Number of queues (with `virtio-scsi-single`).'},
  ro: readOnly,
  scsiblock: {
    type: 'boolean', default: false, optional: true,
    description: 'Whether the guest gives its SCSI commands to a disk of the host itself, given by its path. It sees the real device then, and can do it harm.',
  },
  ssd,
  vendor: {
    type: 'string', pattern: '[A-Za-z0-9\\-_\\s]{0,8}', optional: true, placeholder: 'vendor',
    description: 'The vendor name that the guest reads, at most 8 bytes.',
  },
  wwn,
} as const satisfies PropertyFormat
export const virtioFormat = {...common, iothread, ro: readOnly} as const satisfies PropertyFormat
export const efidiskFormat = {
  file, volume,
  efitype: {
    type: 'string', enum: ['2m', '4m'], default: '2m', optional: true,
    description: 'The size class of the firmware\'s variable store. Secure Boot needs 4m.',
  },
  format: imageFormat,
  'ms-cert': {
    type: 'string', enum: ['2011', '2023', '2023k', '2023w'], default: '2011', optional: true,
    description: 'Which of Microsoft\'s certificates the variable store holds, for information only.',
  },
  'pre-enrolled-keys': {
    type: 'boolean', default: false, optional: true,
    description: 'Whether the variable store starts with the keys of distributions and Microsoft enrolled and Secure Boot on. Needs efitype=4m.',
  },
  size,
} as const satisfies PropertyFormat
export const tpmstateFormat = {
  file, volume,
  format: {type: 'string', enum: ['qcow2', 'raw', 'vmdk'], optional: true, description: 'The format of the volume; a TPM needs raw.'},
  size,
  version: {type: 'string', enum: ['v1.2', 'v2.0'], default: 'v1.2', optional: true, description: 'The version of the TPM that the guest sees. It cannot be changed later. Windows 11 needs v2.0.'},
} as const satisfies PropertyFormat
const unusedFormat = {
  file: {...file, format: 'pve-volume-id', description: 'A volume that the guest owns and does not use.'},
  volume,
} as const satisfies PropertyFormat

export const driveCounts = {ide: 4, sata: 6, scsi: 31, virtio: 16} as const
export type DriveInterface = keyof typeof driveCounts | 'efidisk' | 'tpmstate'


export const driveParams = {
  'ide[n]': {
    type: 'string', optional: true, format: ideFormat, index: {min: 0, max: driveCounts.ide - 1},
    description: 'A hard disk or CD-ROM drive on the IDE bus (n is 0 to 3).',
  },
  'sata[n]': {
    type: 'string', optional: true, format: sataFormat, index: {min: 0, max: driveCounts.sata - 1},
    description: 'A hard disk or CD-ROM drive on a SATA bus (n is 0 to 5).',
  },
  'scsi[n]': {
    type: 'string', optional: true, format: scsiFormat, index: {min: 0, max: driveCounts.scsi - 1},
    description: 'A hard disk or CD-ROM drive on a SCSI bus (n is 0 to 30); see `scsihw`.',
  },
  'virtio[n]': {
    type: 'string', optional: true, format: virtioFormat, index: {min: 0, max: driveCounts.virtio - 1},
    description: 'A virtio block device (n is 0 to 15).',
  },
  efidisk0: {type: 'string', optional: true, format: efidiskFormat, description: 'Where OVMF keeps its variables.'},
  tpmstate0: {type: 'string', optional: true, format: tpmstateFormat, description: 'Where the guest\'s TPM keeps its state; `STORAGE:1` makes a new TPM, of 4 MiB whatever the size.'},
  cdrom: {type: 'string', alias: 'ide2', format: ideFormat, optional: true, placeholder: 'volume', description: 'The same as `ide2`, as a CD-ROM drive.'},
  'unused[n]': {
    type: 'string', optional: true, format: unusedFormat, index: {min: 0, max: 255},
    description: 'A volume that the guest owns and does not use. Written by the tools; not meant to be edited.',
  },
} as const satisfies Params

const importFrom = {
  type: 'string', format: 'pve-volume-id-or-qm-path', optional: true, placeholder: 'source-volume',
  description: 'Fills the new volume from this one, or from the image file at this absolute path. The volume is written as `STORAGE:0`: its size is that of the image.',
} as const satisfies ValueSchema

/** The drives as commands take them that make volumes: filled from an image, if need be. What is stored does not say where it came from. */
export const importableDriveParams: typeof driveParams = Object.fromEntries(Object.entries<ValueSchema>(driveParams).map(([key, schema]) => [
  key, typeof schema.format === 'object' && key !== 'unused[n]' ? {...schema, format: {...schema.format, 'import-from': importFrom}} : schema,
])) as typeof driveParams

/** A drive as its key and value say. Throttling in bytes has been turned into `mbps…`, as Proxmox VE does. */
export interface Drive extends Omit<Values<typeof scsiFormat>, 'file'> {
  readonly key: string
  readonly interface: DriveInterface
  readonly index: number
  readonly file: string
  readonly model?: string | undefined
  readonly efitype?: '2m' | '4m' | undefined
  readonly 'pre-enrolled-keys'?: boolean | undefined
}

/** The names of all drives but efidisk0 and tpmstate0, in the order in which devices are added and boot numbers given. */
export const driveKeys: readonly string[] = (['ide', 'scsi', 'virtio', 'sata'] as const)
  .flatMap(bus => Array.from({length: driveCounts[bus]}, (_, index) => `${bus}${index}`))
const knownDriveKeys = new Set([...driveKeys, 'efidisk0', 'tpmstate0'])

export function isDriveKey(key: string): boolean {
  return knownDriveKeys.has(key)
}

export function isCdrom(drive: Pick<Drive, 'media'>): boolean {
  return drive.media === 'cdrom'
}

/** A drive that cloud-init's configuration image is generated on: `local:100/vm-100-cloudinit.qcow2`, `lvm:cloudinit`. */
export function isCloudInitDrive(drive: Pick<Drive, 'file'>): boolean {
  return /[:/](?:vm-\d+-)?cloudinit(?:\.(?:cloop|qcow2?|qed|raw|vmdk))?$/.test(drive.file)
}

/**
 * Reads the value of a drive key.
 * @throws InvalidInputError naming the key and what is wrong with it
 */
export function readDrive(key: string, text: string): Drive {
  const match = /^(ide|sata|scsi|virtio|efidisk|tpmstate)(\d{1,2})$/.exec(key)
  if (match === null || !isDriveKey(key)) throw new InvalidInputError(`'${key}' is not a drive`, {[key]: 'is not a drive'})
  const bus = match[1] as DriveInterface
  const drive: Drive = {...withMebibyteLimits(key, readByBus(bus, key, text)), key, interface: bus, index: Number(match[2])}
  checkLimits(drive)
  checkCdrom(drive)
  if (drive.size !== undefined) parseSize(drive.size)
  return drive
}

type Properties = Omit<Drive, 'key' | 'interface' | 'index'>

function readByBus(bus: DriveInterface, key: string, text: string): Properties {
  switch (bus) {
    case 'ide': return readProperties(key, text, ideFormat)
    case 'sata': return readProperties(key, text, sataFormat)
    case 'scsi': return readProperties(key, text, scsiFormat)
    case 'virtio': return readProperties(key, text, virtioFormat)
    case 'efidisk': return readProperties(key, text, efidiskFormat)
    case 'tpmstate': return readProperties(key, text, tpmstateFormat)
  }
}

/** `bps=` is `mbps=` in other units; both at once contradict each other. */
function withMebibyteLimits(key: string, properties: Properties): Properties {
  const {bps, bps_rd, bps_wr, ...rest} = properties
  const limits: {mbps?: number; mbps_rd?: number; mbps_wr?: number} = {}
  for (const [name, value] of [['mbps', bps], ['mbps_rd', bps_rd], ['mbps_wr', bps_wr]] as const) {
    if (value === undefined) continue
    if (rest[name] !== undefined) throw wrong(key, name, `cannot stand beside '${name.slice(1)}'`)
    limits[name] = Number((value / 1024 ** 2).toFixed(3))
  }
  return {...rest, ...limits}
}

function checkLimits(drive: Drive): void {
  const needs = [
    ['mbps_max', 'mbps'], ['mbps_rd_max', 'mbps_rd'], ['mbps_wr_max', 'mbps_wr'],
    ['bps_max_length', 'mbps_max'], ['bps_rd_max_length', 'mbps_rd_max'], ['bps_wr_max_length', 'mbps_wr_max'],
    ['iops_max_length', 'iops_max'], ['iops_rd_max_length', 'iops_rd_max'], ['iops_wr_max_length', 'iops_wr_max'],
  ] as const
  for (const [name, needed] of needs) {
    if (drive[name] !== undefined && drive[needed] === undefined) throw wrong(drive.key, name, `needs '${needed}' as well`)
  }
  for (const [total, parts] of [['mbps', ['mbps_rd', 'mbps_wr']], ['iops', ['iops_rd', 'iops_wr']]] as const) {
    for (const part of parts) {
      if (drive[total] !== undefined && drive[part] !== undefined) throw wrong(drive.key, part, `cannot stand beside '${total}', which limits both directions`)
    }
  }
}

function checkCdrom(drive: Drive): void {
  if (!isCdrom(drive)) {
    if (drive.file === 'none' || drive.file === 'cdrom') throw wrong(drive.key, 'media', `must be 'cdrom' for '${drive.file}'`)
    return
  }
  if (drive.interface === 'virtio') throw wrong(drive.key, 'media', 'cannot be \'cdrom\' on virtio; use ide, sata or scsi')
  if (drive.snapshot === true) throw wrong(drive.key, 'snapshot', 'has no meaning for a CD-ROM drive')
  if (drive.format !== undefined) throw wrong(drive.key, 'format', 'has no meaning for a CD-ROM drive')
}

function wrong(key: string, property: string, reason: string): InvalidInputError {
  return new InvalidInputError(`'${property}' of '${key}' ${reason}`, {[`${key}.${property}`]: reason})
}
