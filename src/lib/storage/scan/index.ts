// What else can become a storage: servers and the pools of a host, asked by their own programs.
export {scanCifs} from './cifs.ts'
export {scanLvm, scanLvmThin} from './lvm.ts'
export {scanNfs} from './nfs.ts'
export {scanZfs} from './zfs.ts'
