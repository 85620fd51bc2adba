// What a Proxmox VE host has below /etc/pve, for tests: as a folder, and as the database that it is kept in.
import {mkdirSync, writeFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import sqlite3 from 'sqlite3'

export type PveFiles = Readonly<Record<string, string | Buffer>>

export const pveFiles: PveFiles = {
  'nodes/pve1/qemu-server/100.conf': '#web%3A server\nagent: 1\ncores: 2\nmemory: 2048\nname: web\nnet0: virtio=BC:24:11:00:00:01,bridge=vmbr77,firewall=1\nscsi0: data:100/vm-100-disk-0.qcow2,size=1G\n\n[before]\nmemory: 1024\nsnaptime: 1700000000\n',
  'nodes/pve1/qemu-server/101.conf': 'memory: 512\nname: db\n',
  'nodes/pve1/lxc/200.conf': 'hostname: ct1\nrootfs: data:subvol-200-disk-0\n',
  'storage.cfg': 'dir: data\n\tpath /nowhere/data\n\tcontent images\n\tnodes pve1,pve2\n\ncifs: share\n\tpath /mnt/pve/share\n\tserver 192.0.2.1\n\tshare x\n\n',
  'priv/storage/share.pw': 'password=hunter2\n',
  'user.cfg': 'user:root@pam:1:0:::::\n\npool:prod:Production:100,999:data:\n\nacl:1:/:root@pam:Administrator:\n',
  'datacenter.cfg': 'keyboard: de\n',
  'mapping/usb.cfg': 'stick\n\tmap id=1234:abcd,node=pve1\n',
  'firewall/100.fw': '[OPTIONS]\nenable: 1\n',
  'firewall/300.fw': '[OPTIONS]\nenable: 1\n',
}

export function writePveFolder(folder: string, files: PveFiles = pveFiles): string {
  for (const [path, data] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), {recursive: true})
    writeFileSync(join(folder, path), data)
  }
  return folder
}

/** The same as a copy of config.db. */
export async function writePveDatabase(path: string, files: PveFiles = pveFiles, table = 'CREATE TABLE tree (inode INTEGER PRIMARY KEY NOT NULL, parent INTEGER NOT NULL, version INTEGER NOT NULL, writer INTEGER NOT NULL, mtime INTEGER NOT NULL, type INTEGER NOT NULL, name TEXT NOT NULL, data BLOB)'): Promise<string> {
  const inodes = new Map<string, number>([['', 0]])
  const rows: [number, number, number, string, Buffer | null][] = [[0, 0, 8, '__version__', null]]
  const add = (path: string, type: number, data: Buffer | null) => {
    const folder = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : ''
    if (!inodes.has(folder)) add(folder, 4, null)
    const inode = rows.length + 1
    inodes.set(path, inode)
    rows.push([inode, inodes.get(folder) ?? 0, type, path.slice(path.lastIndexOf('/') + 1), data])
  }
  for (const [file, data] of Object.entries(files)) add(file, 8, Buffer.from(data))
  const database = new sqlite3.Database(path)
  const run = (sql: string, values: readonly unknown[] = []) => new Promise<void>((resolve, reject) => { database.run(sql, values, (error) => { if (error === null) resolve(); else reject(error) }) })
  await run(table)
  for (const [inode, parent, type, name, data] of rows) {
    if (table.startsWith('CREATE TABLE tree')) await run('INSERT INTO tree (inode, parent, version, writer, mtime, type, name, data) VALUES (?, ?, 1, 0, 0, ?, ?, ?)', [inode, parent, type, name, data])
  }
  await new Promise<void>((resolve, reject) => { database.close((error) => { if (error === null) resolve(); else reject(error) }) })
  return path
}
