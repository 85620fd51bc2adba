// Partition tables and signatures on disks of guests, for those who look at their files.
export type {DiskBytes} from './disk-bytes.ts'
export {fileSystemOn} from './file-system.ts'
export {partitionBytes, readPartitions} from './partition-table.ts'
export type {Partition, PartitionTable} from './partition-table.ts'
