// One connection to the database: promises, prepared statements, SQLite's errors in words. The addon is loaded when the first
// connection is opened, so that importing the store costs nothing. Knows nothing of files, leases and locks.
import type {Database, Statement} from 'sqlite3'
import {AppError} from '../../base/index.ts'
import {explainSqliteError} from './explain-error.ts'

export type Value = string | number | null

export interface ConnectionOptions {
  readonly path: string
  /**
   * `full`: a commit is on the disk when it returns. `normal`: it may be lost in a power cut, never torn; for what a power cut
   * ends anyway (leases and locks), at a fraction of the cost.
   */
  readonly durability: 'full' | 'normal'
  /** How long a statement waits for other processes' commits. */
  readonly busyTimeoutMs: number
}

export class Connection {
  readonly #database: Database
  readonly #path: string
  readonly #statements = new Map<string, Promise<Statement>>()

  private constructor(database: Database, path: string) {
    this.#database = database
    this.#path = path
  }

  /** Opens an existing file. @throws AppError */
  static async open(options: ConnectionOptions): Promise<Connection> {
    const sqlite3 = await loadBinding()
    const {path, durability, busyTimeoutMs} = options
    const database = await new Promise<Database>((resolve, reject) => {
      const opened: Database = new sqlite3.Database(path, sqlite3.OPEN_READWRITE | sqlite3.OPEN_FULLMUTEX, (error) => {
        if (error === null) resolve(opened)
        else reject(explainSqliteError(error, path))
      })
    })
    database.configure('busyTimeout', busyTimeoutMs)
    const connection = new Connection(database, path)
    try {
      await connection.exec(`PRAGMA synchronous = ${durability}; PRAGMA temp_store = memory`)
    } catch (error) {
      await connection.close()
      throw error
    }
    return connection
  }

  /** Opens somebody else's file as it stands, for reading only: nothing is made beside it, and what its schema says is not carried out. @throws AppError */
  static async openForeign(path: string): Promise<Connection> {
    const sqlite3 = await loadBinding()
    const address = `file:${encodeURI(path).replaceAll('?', '%3f').replaceAll('#', '%23')}?immutable=1`
    const database = await new Promise<Database>((resolve, reject) => {
      const opened: Database = new sqlite3.Database(address, sqlite3.OPEN_READONLY | sqlite3.OPEN_URI | sqlite3.OPEN_FULLMUTEX, (error) => {
        if (error === null) resolve(opened)
        else reject(explainSqliteError(error, path))
      })
    })
    const connection = new Connection(database, path)
    try {
      await connection.exec('PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA query_only = ON; PRAGMA temp_store = memory')
    } catch (error) {
      await connection.close()
      throw error
    }
    return connection
  }

  /**
   * Runs one statement to its end, which is also its transaction: nothing of it stays open when this resolves, so that a process
   * that is stopped or killed between two statements holds no lock on the database.
   * @throws AppError; the error of a RAISE keeps its text in the cause
   */
  async all<Row>(sql: string, values: readonly Value[] = []): Promise<Row[]> {
    const statement = await this.#prepared(sql)
    return new Promise((resolve, reject) => {
      statement.all<Row>(values, (error, rows) => {
        if (error === null) resolve(rows)
        else reject(explainSqliteError(error, this.#path))
      })
    })
  }

  async first<Row>(sql: string, values: readonly Value[] = []): Promise<Row | undefined> {
    return (await this.all<Row>(sql, values))[0]
  }

  /** Runs statements without values. */
  exec(sql: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#database.exec(sql, (error) => {
        if (error === null) resolve()
        else reject(explainSqliteError(error, this.#path))
      })
    })
  }

  async close(): Promise<void> {
    const statements = await Promise.allSettled(this.#statements.values())
    this.#statements.clear()
    for (const statement of statements) if (statement.status === 'fulfilled') statement.value.finalize()
    await new Promise<void>((resolve, reject) => {
      this.#database.close((error) => {
        if (error === null) resolve()
        else reject(explainSqliteError(error, this.#path))
      })
    })
  }

  #prepared(sql: string): Promise<Statement> {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    const prepared = new Promise<Statement>((resolve, reject) => {
      const statement: Statement = this.#database.prepare(sql, (error) => {
        if (error === null) { resolve(statement); return }
        this.#statements.delete(sql)
        reject(explainSqliteError(error, this.#path))
      })
    })
    this.#statements.set(sql, prepared)
    return prepared
  }
}

async function loadBinding() {
  try {
    return (await import('sqlite3')).default
  } catch (error) {
    throw new AppError('internal', 'the SQLite binding of Node.js (package sqlite3) cannot be loaded', {
      cause: error,
      nextSteps: ['After an update of Node.js it must be built again: npm rebuild sqlite3 (in the folder where Corral is installed).'],
    })
  }
}
