export {openSqliteStore} from './open-sqlite-store.ts'
export type {SqliteStoreOptions} from './open-sqlite-store.ts'
export {readPmxcfsDatabase} from './pmxcfs-database.ts'
export type {PmxcfsFile} from './pmxcfs-database.ts'
