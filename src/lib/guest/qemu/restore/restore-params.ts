// The parameters of a restore that `qmrestore` and `qm create --archive` have in common.
export const restoreParams = {
  bwlimit: {type: 'number', minimum: 0, optional: true, defaultText: 'the limit of the storage, or of datacenter.cfg', placeholder: 'KiB/s', description: 'How much is restored in a second at most, in KiB; 0 stands for no limit.'},
  force: {type: 'boolean', optional: true, default: false, description: 'Put the backup in the place of the virtual machine that has the number. It has to be off. Its disks are removed once the new machine is whole; those that the backup knows nothing of are kept as unused ones.'},
  'live-restore': {type: 'boolean', optional: true, default: false, description: 'Run the machine while its disks are still being filled. Only backups on storages of type restic can be read so; VMA archives cannot.'},
  unique: {type: 'boolean', optional: true, default: false, description: 'Give the network cards new addresses and the machine a new UUID, so that it can run beside the one that was backed up.'},
} as const
