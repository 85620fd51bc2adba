// Parameters that both commands on single files of backups have.

/** Where disks of virtual machines are unpacked. */
export const defaultTemporaryFolder = '/var/tmp'

export const machineFilesParams = {
  mount: {
    type: 'boolean', optional: true, default: false,
    description: 'Of a virtual machine: the kernel of this host reads the file system. Only for machines whose root you trust; disks and partitions are listed without it.',
  },
  tmpdir: {
    type: 'string', isPath: true, maxLength: 4096, optional: true, default: defaultTemporaryFolder, completion: 'file', placeholder: 'folder',
    description: 'Of a virtual machine: the folder for a copy of the disk, which has no name and is gone when the command ends.',
  },
} as const
