// Reads the database in which Proxmox VE keeps /etc/pve (/var/lib/pve-cluster/config.db), a copy of which somebody brought: one table `tree` of
// files and folders, each with the number of the folder that it lies in. Whatever is wrong in it is told; nothing in it is carried out.
import {AppError, InvalidInputError} from '../../base/index.ts'
import {Connection} from './connection.ts'

export interface PmxcfsFile {
  /** As below /etc/pve. */
  readonly path: string
  readonly data: Buffer
}

interface TreeRow { readonly inode: number; readonly parent: number; readonly type: number; readonly name: unknown; readonly data: Buffer | null }

const mostRows = 50_000
const mostBytes = 128 * 1024 * 1024
/** Proxmox VE's own bound of a file. */
const largestFile = 1024 * 1024
const deepest = 16
/** readdir(3)'s numbers of kinds. */
const folderType = 4
const fileType = 8

/**
 * @throws InvalidInputError when it is no such database, is damaged, or is larger than any is
 */
export async function readPmxcfsDatabase(path: string): Promise<readonly PmxcfsFile[]> {
  const connection = await Connection.openForeign(path).catch((error: unknown) => { throw damaged(path, error) })
  try {
    await checkSchema(connection, path)
    return filesOf(await rowsOf(connection, path), path)
  } catch (error) {
    throw error instanceof InvalidInputError ? error : damaged(path, error)
  } finally {
    await connection.close()
  }
}

/** A plain table with plain columns: reading a view or a generated column would carry out what somebody wrote there. */
async function checkSchema(connection: Connection, path: string): Promise<void> {
  const table = await connection.first<{type: string}>("SELECT type FROM sqlite_master WHERE name = 'tree'")
  const columns = table?.type === 'table' ? await connection.all<{name: string; hidden: number}>("SELECT name, hidden FROM pragma_table_xinfo('tree')") : []
  const isPlain = ['inode', 'parent', 'type', 'name', 'data'].every((name) => columns.some((column) => column.name === name)) && columns.every(({hidden}) => hidden === 0)
  if (!isPlain) throw new InvalidInputError(`${path} is no database of Proxmox VE: it has no table of files`)
}

async function rowsOf(connection: Connection, path: string): Promise<readonly TreeRow[]> {
  const sum = await connection.first<{rows: number; bytes: number | null; largest: number | null}>('SELECT count(*) AS rows, sum(length(data)) AS bytes, max(length(data)) AS largest FROM tree')
  if (sum === undefined || sum.rows > mostRows || (sum.bytes ?? 0) > mostBytes || (sum.largest ?? 0) > largestFile) {
    throw new InvalidInputError(`${path} is larger than any database of Proxmox VE: ${sum?.rows ?? 0} files with ${sum?.bytes ?? 0} bytes`)
  }
  return connection.all<TreeRow>(`SELECT inode, parent, type, name, CAST(data AS BLOB) AS data FROM tree LIMIT ${mostRows}`)
}

function filesOf(rows: readonly TreeRow[], path: string): PmxcfsFile[] {
  const folders = new Map(rows.filter(({type}) => type === folderType).map((row) => [row.inode, row]))
  return rows.filter(({type, inode}) => type === fileType && inode !== 0).map((row) => {
    const names = [nameOf(row, path)]
    for (let parent = row.parent; parent !== 0;) {
      const folder = folders.get(parent)
      if (folder === undefined || names.length >= deepest) throw new InvalidInputError(`${path} is damaged: the file '${names.join('/')}' lies in no folder`)
      names.unshift(nameOf(folder, path))
      parent = folder.parent
    }
    return {path: names.join('/'), data: row.data ?? Buffer.alloc(0)}
  })
}

function nameOf({name}: TreeRow, path: string): string {
  if (typeof name === 'string' && name !== '' && name !== '.' && name !== '..' && !/[/\0]/.test(name)) return name
  throw new InvalidInputError(`${path} is damaged: it has a file by the name '${String(name).slice(0, 64)}'`)
}

function damaged(path: string, error: unknown): InvalidInputError {
  const cause = error instanceof AppError ? error.cause : error
  return new InvalidInputError(`${path} cannot be read as a database of Proxmox VE`, {}, {cause})
}
