// Suite storage-naming: names, folders and paths on directory storages, and what the name of a backup says.
import {systemClock} from '../../src/lib/base/index.ts'
import {fakeHost} from '../../src/lib/host/fake/index.ts'
import {decompressorOf, parseArchiveName} from '../../src/lib/storage/archive-name.ts'
import {readDirOptions} from '../../src/lib/storage/dir/options.ts'
import {plugin} from '../../src/lib/storage/dir/plugin.ts'
import {contentFolder, parseFolderVolumeName, volumeNameOfPath, volumePath} from '../../src/lib/storage/naming.ts'
import type {Content, VolumeName} from '../../src/lib/storage/storage.ts'
import {Refusal, Unsupported, attempt, compareData, isRecord, type Adapter, type Data} from './adapter.ts'

export const adapter: Adapter = {
  answer(input, env) {
    switch (input['do']) {
      case 'parse-volname': return attempt(() => nameData(parseFolderVolumeName(String(input['volname']))))
      case 'archive-info': return attempt(() => ({info: archiveData(String(input['archive']))}))
      case 'subdir': return attempt(() => ({path: contentFolder(layoutOf(input['storage'] as Data), input['vtype'] as Content)}))
      case 'filesystem-path': return filesystemPath(input)
      case 'path-to-volid': return attempt(() => volumeOfPath(String(input['path']), env['path-to-volid'] as Data))
      default: throw new Unsupported(`storage-naming has no operation '${String(input['do'])}'`)
    }
  },
  differences(answer, expect) {
    if (answer instanceof Refusal) return expect['error'] === true ? [] : [`was refused: ${answer.message}`]
    if (expect['error'] === true) return [`was not refused but answered ${JSON.stringify(answer)}`]
    return compareData(answer, expect)
  },
}

/** The format that QEMU would use: everything that is no disk image is read as it is. */
function nameData(name: VolumeName): Data {
  const {content, format, vmid, base, isBase, parent} = name
  const isDisk = content === 'images' || content === 'import'
  const [owner, parentBase] = parent?.split('/') ?? []
  return {vtype: content, name: base, format: isDisk ? format : 'raw', vmid, is_base: isBase, basevmid: owner, basename: parentBase}
}

function archiveData(archive: string): Data {
  // The times in the names are local; the suite counts in UTC.
  const zone = process.env['TZ']
  process.env['TZ'] = 'UTC'
  try {
    const info = parseArchiveName(archive)
    return {
      filename: info.fileName, type: info.guestType, format: info.format, compression: info.compression, decompressor: decompressorOf(info),
      is_std_name: info.isStandard, vmid: info.vmid, ctime: info.createdAtMs === undefined ? undefined : info.createdAtMs / 1000,
      logfilename: info.logFileName, notesfilename: info.notesFileName,
    }
  } finally {
    if (zone === undefined) delete process.env['TZ']
    else process.env['TZ'] = zone
  }
}

/** `content-dirs` stands in the suite as an object, in storage.cfg as a list. */
function layoutOf(storage: Data): Parameters<typeof contentFolder>[0] {
  if (typeof storage['path'] !== 'string') return {}
  const dirs = storage['content-dirs']
  const list = isRecord(dirs) ? {'content-dirs': Object.entries(dirs).map(([content, folder]) => `${content}=${String(folder)}`).join(',')} : {}
  return readDirOptions({type: 'dir', storage: 'local', path: storage['path'], ...list}, {content: [], format: 'raw'}).layout
}

function filesystemPath(input: Data): unknown {
  const config = {...(input['storage'] as {path: string}), type: 'dir', storage: 'local'}
  return attempt(() => {
    if (typeof input['snapshot'] === 'string') {
      const {path} = plugin.open(config, fakeHost(), systemClock).imageName({storage: 'local', name: String(input['volname'])}, input['snapshot'])
      return {path}
    }
    const name = parseFolderVolumeName(String(input['volname']))
    const {layout} = readDirOptions(config, {content: [], format: 'raw'})
    return {path: volumePath(layout, name), vmid: name.vmid, vtype: name.content}
  })
}

function volumeOfPath(path: string, env: Data): Data {
  const storage = String(env['storeid'])
  const {layout} = readDirOptions({...(env['storage'] as Data), type: 'dir', storage}, {content: [], format: 'raw'})
  const found = volumeNameOfPath(layout, path)
  return found === undefined ? {none: true} : {volid: `${storage}:${found.name}`, vtype: found.parsed.content}
}
