export {newMemoryStoreData, openMemoryStore} from './open-memory-store.ts'
export type {MemoryStoreData, MemoryStoreOptions} from './open-memory-store.ts'
