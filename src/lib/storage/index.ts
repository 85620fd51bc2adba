// What other folders take from storage. Plugins are loaded when a storage is opened.
export * from './storage.ts'
export {checkStorageId, formatVolumeId, parseVolumeId} from './volume-id.ts'
export {openStorage, openVolume, storageConfig} from './open-storage.ts'
export type {StorageContext} from './open-storage.ts'
export {readStorageConfig} from './storage-config.ts'
export {createVolumeStep, removeVolumeStep, resizeVolumeStep, storageLock} from './volume-steps.ts'
