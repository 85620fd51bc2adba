// A machine whose disks are files of a temporary folder: the kernel's files about them, and the programs that make, list and destroy what is on them,
// as far as node disks use them. What was done is on disk at once, so that processes that are killed leave what they did to the next one. Answers have
// the form of lvm2 2.03, ZFS 2.3 and util-linux 2.41; everything else is this machine.
import {existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {NotFoundError, ToolError} from '../../src/lib/base/index.ts'
import type {Host} from '../../src/lib/host/index.ts'

interface Signature { readonly type: string; readonly uuid: string; readonly label?: string; readonly comment?: string }
interface Volume { readonly name: string; readonly uuid: string; readonly kind: 'linear' | 'thin-pool' | 'thin'; readonly pool?: string; readonly sizeBytes: number; readonly isOpen?: boolean }
interface Group { readonly uuid: string; readonly path: string; readonly volumes: Volume[] }
interface Pool { readonly guid: string; readonly comment: string; readonly paths: string[]; readonly datasets: string[] }
interface Table { readonly guid: string; readonly types: Record<string, string> }

export interface SimulatedState {
  signatures: Record<string, Signature>
  tables: Record<string, Table>
  groups: Record<string, Group>
  pools: Record<string, Pool>
  /** Devices by the places where they are mounted. */
  mounts: Record<string, string>
}

export interface SimulatedDisks {
  readonly host: Host
  state(): SimulatedState
  /** Changes what is there behind Corral's back. */
  change(edit: (state: SimulatedState) => void): void
  /** A file of the machine, such as /etc/fstab; undefined when it is not there. */
  file(path: string): string | undefined
  /** A partition that is in the table and known to the kernel. */
  addPartition(disk: string, number: number, type?: string): void
}

const gibibyte = 1024 ** 3
/** What belongs to the simulated machine. */
const ownPlaces = ['/sys/block', '/dev', '/proc/mounts', '/proc/swaps', '/etc/fstab', '/etc/systemd/system', '/mnt/pve', '/run/systemd/system']
const linuxType = '0fc63daf-8483-4772-8e79-3d69d8477de4'

/**
 * @param folder where it is kept; what an earlier process left there goes on
 * @param disks names and sizes, for a new one
 */
export function simulatedDisks(folder: string, real: Host, {disks = {sdb: 8 * gibibyte, sdc: 8 * gibibyte, sdd: 8 * gibibyte, sde: 8 * gibibyte}, systemd = true}: {readonly disks?: Readonly<Record<string, number>>; readonly systemd?: boolean} = {}): SimulatedDisks {
  const tree = join(folder, 'tree')
  const statePath = join(folder, 'state.json')
  const state = () => JSON.parse(readFileSync(statePath, 'utf8')) as SimulatedState
  const change = (edit: (state: SimulatedState) => void) => {
    const edited = state()
    edit(edited)
    // Whole or not at all, as the process may be killed.
    writeFileSync(`${statePath}.new`, JSON.stringify(edited))
    renameSync(`${statePath}.new`, statePath)
    put('/proc/mounts', Object.entries(edited.mounts).map(([place, device]) => `${device} ${place} ext4 rw 0 0\n`).join(''))
  }
  const put = (path: string, text: string) => {
    mkdirSync(dirname(tree + path), {recursive: true})
    writeFileSync(tree + path, text)
  }
  const sizeOf = (path: string) => Number(readFileSync(`${tree}/sys/block/${/^\/dev\/(sd[a-z])/.exec(path)?.[1] ?? ''}/size`, 'utf8')) * 512
  const partitionsOf = (disk: string) => [1, 2, 3, 9].filter((number) => existsSync(`${tree}/sys/block/${disk.slice(5)}/${disk.slice(5)}${number}`))
  const addPartition = (disk: string, number: number, type?: string) => {
    const name = disk.slice('/dev/'.length)
    put(`/sys/block/${name}/${name}${number}/size`, String(sizeOf(disk) / 1024))
    put(`/sys/block/${name}/${name}${number}/dev`, `8:${name.charCodeAt(2) * 16 + number}\n`)
    mkdirSync(`${tree}/sys/block/${name}/${name}${number}/holders`, {recursive: true})
    put(`${disk}${number}`, '')
    if (type !== undefined) change((edited) => { edited.tables[disk] = {guid: edited.tables[disk]?.guid ?? 'some', types: {...edited.tables[disk]?.types, [number]: type}} })
  }
  const dropPartitions = (disk: string) => {
    const name = disk.slice('/dev/'.length)
    for (const number of partitionsOf(disk)) for (const path of [`/sys/block/${name}/${name}${number}`, `${disk}${number}`]) rmSync(tree + path, {recursive: true, force: true})
  }
  if (!existsSync(statePath)) {
    mkdirSync(tree, {recursive: true})
    writeFileSync(statePath, JSON.stringify({signatures: {}, tables: {}, groups: {}, pools: {}, mounts: {}}))
    for (const [index, [name, sizeBytes]] of Object.entries(disks).entries()) {
      for (const [file, text] of [['size', String(sizeBytes / 512)], ['dev', `8:${index * 16}`], ['queue/rotational', '0'], ['holders/.keep', '']] as const) put(`/sys/block/${name}/${file}`, text)
      rmSync(`${tree}/sys/block/${name}/holders/.keep`)
      put(`/dev/${name}`, '')
    }
    put('/proc/mounts', '')
    put('/proc/swaps', '')
    put('/etc/fstab', '# what is mounted\n')
    mkdirSync(`${tree}/etc/systemd/system`, {recursive: true})
    if (systemd) mkdirSync(`${tree}/run/systemd/system`, {recursive: true})
  }

  const json = (value: unknown) => JSON.stringify(value)
  const devicesNow = () => Object.keys(disks).flatMap((name) => [`/dev/${name}`, ...partitionsOf(`/dev/${name}`).map((number) => `/dev/${name}${number}`)])
  const erase = (path: string) => change((edited) => { Reflect.deleteProperty(edited.signatures, path); Reflect.deleteProperty(edited.tables, path) })
  const deviceWith = (uuid: string) => Object.entries(state().signatures).find(([, signature]) => signature.uuid === uuid)?.[0]

  function mountAt(place: string): void {
    const unit = join(tree, '/etc/systemd/system', `mnt-pve-${place.split('/').at(-1) ?? ''}.mount`)
    const text = (existsSync(unit) ? readFileSync(unit, 'utf8') : '') + readFileSync(`${tree}/etc/fstab`, 'utf8')
    const device = deviceWith(/(?:by-uuid\/|UUID=)([0-9a-f-]{36})/.exec(text)?.[1] ?? '')
    if (device === undefined) throw new Error(`nothing says what is mounted at ${place}`)
    change((edited) => { edited.mounts[place] = device })
  }

  /** What the program prints, or undefined for one of this machine. */
  function answer(argv: readonly string[]): string | undefined {
    const [program = '', ...words] = argv
    const last = words.at(-1) ?? ''
    const now = state()
    const option = (name: string) => words[words.indexOf(name) + 1] ?? ''
    switch (program) {
      case 'udevadm': case 'mkfs.ext4': case 'mkfs.xfs': case 'partx': case 'sfdisk': case 'sgdisk': case 'dd': break
      case 'lsblk': return json({blockdevices: devicesNow().map((path) => ({
        path, fstype: now.signatures[path]?.type ?? null, label: now.signatures[path]?.label ?? null, pttype: null, mountpoints: [],
        parttype: now.tables[path.slice(0, 8)]?.types[path.slice(8)] ?? null,
      }))})
      case 'blkid': return deviceWith(last) ?? ''
      case 'pvs': return Object.entries(now.signatures).filter(([, {type}]) => type === 'LVM2_member')
        .map(([path]) => `  ${path};${Object.entries(now.groups).find(([, group]) => group.path === path)?.[0] ?? ''}\n`).join('')
      case 'vgs': return json({report: [{vg: Object.entries(now.groups).map(([name, {uuid, path}]) => ({
        vg_name: name, vg_uuid: uuid, vg_size: '8585740288', vg_free: '4194304', pv_name: path, pv_uuid: now.signatures[path]?.uuid ?? '', pv_size: '8585740288', pv_free: '4194304',
      }))}]})
      case 'lvs': return words.includes('json') ? json({report: [{lv: Object.entries(now.groups).flatMap(([group, {volumes}]) => volumes.map((volume) => ({
        vg_name: group, lv_name: volume.name, lv_uuid: volume.uuid, lv_size: String(volume.sizeBytes), segtype: volume.kind, pool_lv: volume.pool ?? '', lv_device_open: volume.isOpen === true ? 'open' : '',
        thin_count: volume.kind === 'thin-pool' ? String(volumes.filter(({pool}) => pool === volume.name).length) : '', data_percent: volume.kind === 'linear' ? '' : '12.50', metadata_percent: '', lv_metadata_size: '',
      })))}]}) : ''
      case 'pvcreate':
        change((edited) => { edited.signatures[last] = {type: 'LVM2_member', uuid: option('--uuid')} })
        return ''
      case 'vgcreate':
        change((edited) => { edited.groups[option('--')] = {uuid: `group-${Object.keys(edited.groups).length}`, path: last, volumes: []} })
        return ''
      case 'lvcreate':
        change((edited) => { edited.groups[last]?.volumes.push({name: option('--name'), uuid: `volume-${option('--name')}`, kind: 'thin-pool', sizeBytes: Number.parseInt(option('--size')) * 1024}) })
        return ''
      case 'vgremove':
        change((edited) => { Reflect.deleteProperty(edited.groups, last) })
        return ''
      case 'lvremove':
        change(({groups}) => {
          const [group = '', pool = ''] = last.split('/')
          const volumes = groups[group]?.volumes ?? []
          volumes.splice(0, volumes.length, ...volumes.filter((volume) => volume.name !== pool && volume.pool !== pool))
        })
        return ''
      case 'zpool': return zpool(words, now)
      case 'zfs': return Object.entries(now.pools).flatMap(([name, {datasets}]) => [`${name}\tfilesystem\t4096\tyes\t/${name}\n`, ...datasets.map((each) => `${each}\tvolume\t8388608\t-\t-\n`)]).filter((line) => line.startsWith(last)).join('')
      case 'zdb': return now.signatures[last]?.comment === undefined ? '' : `    name: 'x'\n    comment: '${now.signatures[last].comment}'\n`
      case 'systemctl':
        if (words[0] === 'enable') mountAt(`/mnt/pve/${last.replace(/^mnt-pve-|\.mount$/g, '')}`)
        if (words[0] === 'disable') change((edited) => { Reflect.deleteProperty(edited.mounts, `/mnt/pve/${last.replace(/^mnt-pve-|\.mount$/g, '')}`) })
        return ''
      case 'mount':
        mountAt(last)
        return ''
      case 'umount':
        change((edited) => { Reflect.deleteProperty(edited.mounts, last) })
        return ''
      case 'wipefs':
        if (words.includes('--all')) {
          erase(last)
          return ''
        }
        return json({signatures: words.slice(words.indexOf('--') + 1).flatMap((path) => [
          ...now.signatures[path] === undefined ? [] : [{device: path.slice(5), type: now.signatures[path].type, label: now.signatures[path].label ?? null, uuid: now.signatures[path].uuid, usage: 'filesystem'}],
          ...now.tables[path] === undefined ? [] : [{device: path.slice(5), type: 'gpt', label: null, uuid: null, usage: 'partition-table'}],
        ])})
      default: return undefined
    }
    return partitioning(program, words, now)
  }

  function zpool(words: readonly string[], now: SimulatedState): string {
    const last = words.at(-1) ?? ''
    if (words[0] === 'list' && words.includes('-o')) return Object.entries(now.pools).map(([name, {guid, comment}]) => `${name}\t1000\t10\t990\t0\t1.00\tONLINE\t${guid}\t${comment}\n`).join('')
    if (words[0] === 'list') return Object.entries(now.pools).map(([name, {paths}]) => [`${name}\t1T\t1G\t1T\t-\t-\t0%\t0%\t1.00x\tONLINE\t-\n`, ...paths.map((path) => `\t${path}\t1T\t-\t-\t-\t-\t-\t-\t-\tONLINE\n`)].join('')).join('')
    if (words[0] === 'create') {
      const comment = words.find((word) => word.startsWith('comment='))?.slice('comment='.length) ?? ''
      const at = words.indexOf('--') + 1
      const name = words[at] ?? ''
      const paths = words.slice(at + 1).filter((word) => word.startsWith('/dev/'))
      // A whole disk gets two partitions.
      const parts = paths.map((path) => /\d$/.test(path) ? path : `${path}1`)
      for (const path of paths.filter((each) => !/\d$/.test(each))) {
        addPartition(path, 1, '6a898cc3-1dd2-11b2-99a6-080020736631')
        addPartition(path, 9, '6a945a3b-1dd2-11b2-99a6-080020736631')
      }
      change((edited) => {
        for (const path of parts) edited.signatures[path] = {type: 'zfs_member', uuid: '123456789', label: name, comment}
        edited.pools[name] = {guid: '123456789', comment, paths: parts, datasets: []}
      })
    }
    if (words[0] === 'destroy') change((edited) => { Reflect.deleteProperty(edited.pools, last) })
    return ''
  }

  function partitioning(program: string, words: readonly string[], now: SimulatedState): string {
    const last = words.at(-1) ?? ''
    const disk = words[words.indexOf('--') + 1] ?? ''
    if (program.startsWith('mkfs.') && !words.includes('-V')) {
      const uuid = /[0-9a-f]{8}-[0-9a-f-]{27}/.exec(words.join(' '))?.[0] ?? ''
      change((edited) => { edited.signatures[last] = {type: program.slice('mkfs.'.length), uuid} })
    }
    if (program === 'partx' && words[0] === '--show') {
      const types = Object.entries(now.tables[last]?.types ?? {})
      return types.map(([number, type]) => words.includes('NR') ? `${number}\n` : `${number} gpt ${type}\n`).join('')
    }
    if (program === 'partx' && words[0] === '--update') for (const number of Object.keys(now.tables[last]?.types ?? {})) addPartition(last, Number(number))
    if (program === 'partx' && words[0] === '--delete') dropPartitions(last)
    if (program === 'sfdisk') {
      change(({tables}) => {
        const table = tables[disk]
        if (table !== undefined) table.types[words.at(-2) ?? ''] = last
      })
    }
    if (program === 'sgdisk' && words[0] === '--print') return now.tables[last] === undefined ? '' : `Disk identifier (GUID): ${now.tables[last].guid.toUpperCase()}\n`
    if (program === 'sgdisk') {
      const guid = words.find((word) => word.startsWith('--disk-guid='))?.slice('--disk-guid='.length) ?? ''
      change((edited) => { edited.tables[last] = {guid, types: words.some((word) => word.startsWith('--new')) ? {1: linuxType} : {}} })
    }
    return ''
  }

  const within = (path: string) => ownPlaces.some((place) => path === place || path.startsWith(`${place}/`)) ? tree + path : path
  const {files} = real
  const host: Host = {
    ...real,
    run: async (argv, options) => {
      const stdout = answer(argv)
      if (stdout === undefined) return real.run(argv, options)
      return {stdout, stderr: '', exitCode: 0}
    },
    files: {
      ...files,
      read: (path, ...rest) => files.read(within(path), ...rest), readText: (path, ...rest) => files.readText(within(path), ...rest),
      write: (path, ...rest) => files.write(within(path), ...rest), stat: (path, ...rest) => files.stat(within(path), ...rest), list: (path) => files.list(within(path)),
      makeDirectory: (path, ...rest) => files.makeDirectory(within(path), ...rest), remove: (path) => files.remove(within(path)),
      realPath: async (path) => {
        if (within(path) === path) return files.realPath(path)
        if (!existsSync(within(path))) throw new NotFoundError(`there is no file ${path}`)
        return path
      },
      space: async (path) => within(path) === path ? files.space(path) : {totalBytes: 8 * gibibyte, usedBytes: 4096, availableBytes: 7 * gibibyte},
    },
  }
  return {host, state, change, addPartition, file: (path) => existsSync(tree + path) ? readFileSync(tree + path, 'utf8') : undefined}
}

/** The same host, of which one program fails. */
export function withFailing(host: Host, program: string, stderr: string): Host {
  return {...host, run: async (argv, options) => {
    if (argv[0] === program) throw new ToolError(`${program} failed with exit code 1: ${stderr}`, {host: host.name, argv, exitCode: 1, stderr})
    return host.run(argv, options)
  }}
}
