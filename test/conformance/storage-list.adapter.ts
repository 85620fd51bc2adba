// Suite storage-list: makes the files of a case in a temporary folder and lists the volumes of a directory storage there.
import {mkdir, mkdtemp, rm, truncate, utimes, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {systemClock} from '../../src/lib/base/index.ts'
import type {Host} from '../../src/lib/host/index.ts'
import {localHost} from '../../src/lib/host/local/index.ts'
import {rowOf} from '../../src/lib/storage/commands/list.handler.ts'
import {plugin} from '../../src/lib/storage/dir/plugin.ts'
import {listVolumes} from '../../src/lib/storage/list-volumes.ts'
import type {Content} from '../../src/lib/storage/storage.ts'
import {compareData, isRecord, type Adapter, type Data} from './adapter.ts'

interface WantedFile { readonly path: string; readonly backing?: string }

export const adapter: Adapter = {
  async answer(input, env) {
    const folder = await mkdtemp(join(tmpdir(), 'corral-list-'))
    const zone = process.env['TZ']
    process.env['TZ'] = String(env['tz'])
    try {
      const host = localHost('h1')
      for (const file of input['files'] as readonly WantedFile[]) await makeFile(host, folder, file, env)
      const config = {...(env['storage'] as Data), type: 'dir', storage: String(env['storeid']), path: folder}
      const storage = plugin.open(config, reporting(host, folder, env), systemClock)
      const vmid = input['vmid'] === undefined || input['vmid'] === null ? undefined : Number(input['vmid'])
      return {volumes: (await listVolumes(storage, env['content'] as Content[], containers(env), vmid)).map(rowOf)}
    } finally {
      if (zone === undefined) delete process.env['TZ']
      else process.env['TZ'] = zone
      await rm(folder, {recursive: true, force: true})
    }
  },
  differences(answer, expect) {
    return compareData((answer as Data)['volumes'], expect['volumes'])
  },
}

async function makeFile(host: Host, folder: string, {path, backing}: WantedFile, env: Data): Promise<void> {
  const target = join(folder, path)
  await mkdir(path.endsWith('/') ? target : dirname(target), {recursive: true})
  if (path.endsWith('/')) return
  const format = /\.(qcow2|raw|vmdk|vhdx)$/.exec(path)?.[1]
  const size = Number(env['size'])
  if (format === undefined) {
    await writeFile(target, '')
    await truncate(target, size)
  } else {
    const base = backing === undefined ? [] : ['-u', '-b', backing, '-F', 'qcow2']
    await host.run(['qemu-img', 'create', '-q', '-f', format, ...base, '--', target, String(size)])
  }
  const time = new Date(Number(env['ctime']) * 1000)
  await utimes(target, time, time)
}

/** The suite says what every file takes on disk. */
function reporting(host: Host, folder: string, env: Data): Host {
  const stat: Host['files']['stat'] = async (path, options) => {
    const real = await host.files.stat(path, options)
    return real?.kind === 'file' && path.startsWith(folder) ? {...real, allocatedBytes: Number(env['used'])} : real
  }
  return {...host, files: {...host.files, stat}}
}

function containers(env: Data): Set<number> {
  const guests = isRecord(env['vmlist']) ? Object.entries(env['vmlist']) : []
  return new Set(guests.filter(([, guest]) => (guest as Data)['type'] === 'lxc').map(([vmid]) => Number(vmid)))
}
