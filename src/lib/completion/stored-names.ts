// The names that stand in the files of the configuration store. It knows of a guest's file only where its name, its snapshots and its
// volumes stand, and of storage.cfg its sections and paths; whether they make sense is for others to say. Pure.
import type {StoredFile} from '../store/index.ts'
import {referencesIn} from '../storage/guest-volumes.ts'
import {nameLine, type NameFile} from './name-files.ts'

export const storageConfigPath = 'storage.cfg'
const guestPath = /^nodes\/([^/]+)\/(qemu-server|lxc)\/([1-9]\d{2,8})\.conf$/

export interface GuestPlace {
  readonly node: string
  readonly type: 'qemu' | 'lxc'
  readonly vmid: string
}

export function guestPlace(path: string): GuestPlace | undefined {
  const [, node, folder, vmid] = guestPath.exec(path) ?? []
  return node === undefined || vmid === undefined ? undefined : {node, vmid, type: folder === 'lxc' ? 'lxc' : 'qemu'}
}

type LinesByFile = Readonly<Partial<Record<NameFile, readonly string[]>>>

/** The lines that come from one guest. */
export function guestLines({path, data}: Pick<StoredFile, 'path' | 'data'>): LinesByFile {
  const place = guestPlace(path)
  if (place === undefined) return {}
  const {node, type, vmid} = place
  const line = (file: NameFile, ...values: string[]) => nameLine(file, values) ?? []
  const current = data.split(/^\[/m, 1)[0] ?? ''
  const name = (type === 'qemu' ? /^name:[ \t]*(\S+)[ \t]*$/m : /^hostname:[ \t]*(\S+)[ \t]*$/m).exec(current)?.[1] ?? ''
  const sections = [...data.matchAll(/^\[([a-zA-Z][a-zA-Z0-9_-]*)\]\s*$/gm)].map((match) => match[1] ?? '')
  return {
    // A name that cannot be shown does not hide the guest.
    guests: [line('guests', vmid, name, type, node), line('guests', vmid, '', type, node)].flat().slice(0, 1),
    snapshots: sections.filter((section) => section.toUpperCase() !== 'PENDING').flatMap((section) => line('snapshots', vmid, section)),
    volumes: referencesIn({path, data}).flatMap(({value}) => line('volumes', value, vmid)),
    nodes: [line('nodes', node)].flat(),
  }
}

/** The storages of storage.cfg, and `local`, which is always there. */
export function storageLines(text: string, defaultPath: string): readonly string[] {
  const lines = new Map<string, string[]>([['local', ['local', 'dir', defaultPath]]])
  let section: string[] | undefined
  for (const line of text.split('\n')) {
    const [, type, id] = /^([a-z][a-z0-9]*):\s*(\S+)\s*$/i.exec(line) ?? []
    if (type !== undefined && id !== undefined) lines.set(id, section = [id, type, ''])
    else if (line.trim() === '') section = undefined
    const path = /^\s+path\s+(\S.*)$/s.exec(line.trimEnd())?.[1]
    if (section !== undefined && path !== undefined) section[2] = path
  }
  return [...lines.values()].flatMap((values) => nameLine('storages', values) ?? [])
}
