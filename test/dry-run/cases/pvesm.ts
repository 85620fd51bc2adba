// Storages and volumes.
import {mkdirSync, writeFileSync} from 'node:fs'
import type {RunOptions} from '../../../src/lib/host/index.ts'
import type {DryRunCases} from '../support/case.ts'
import type {World} from '../support/world.ts'

const addStorage = async (world: World) => { await world.before('pvesm', 'add', 'dir', 'images', '--path', `${world.root}/images`) }

export const cases: DryRunCases = {
  'pvesm add': [{
    arrange: async ({root}) => ['pvesm', 'add', 'dir', 'images', '--path', `${root}/images`, '--content', 'images'],
    shows: /^\+dir: images$/m,
  }],
  'pvesm set': [{
    arrange: async (world) => {
      await addStorage(world)
      return ['pvesm', 'set', 'images', '--content', 'images,iso']
    },
    shows: /^\+\scontent images,iso$/m,
  }],
  'pvesm remove': [{
    arrange: async (world) => {
      await addStorage(world)
      return ['pvesm', 'remove', 'images']
    },
    shows: /^-dir: images$/m,
  }],
  'pvesm alloc': [
    {about: 'raw', arrange: async () => ['pvesm', 'alloc', 'local', '100', 'vm-100-disk-7.raw', '1M'], shows: /^qemu-img create .*disk-7\.raw/m},
    {about: 'qcow2, a free name', arrange: async () => ['pvesm', 'alloc', 'local', '100', '', '1M', '--format', 'qcow2'], shows: /^qemu-img create .*disk-0\.qcow2/m},
  ],
  'corral storage upload': [{
    arrange: async ({root}) => {
      writeFileSync(`${root}/my.iso`, 'image')
      return ['corral', 'storage', 'upload', 'local', `${root}/my.iso`, '--content', 'iso']
    },
    shows: /^# take \/.*\/my\.iso as local:iso\/my\.iso$/m,
  }],
  'corral storage download-url': [{
    arrange: async (world) => {
      // Nobody is asked: curl is answered for.
      const run = world.context.host.run.bind(world.context.host)
      Object.assign(world.context.host, {run: async (argv: readonly string[], options: RunOptions = {}) => {
        if (argv[0] !== 'curl') return run(argv, options)
        options.outputStream?.write('image')
        return {stdout: '', stderr: '\n200 ', exitCode: 0}
      }})
      return ['corral', 'storage', 'download-url', 'local', 'http://192.0.2.1/my.iso?key=dHlwZWQ=', '--content', 'iso', '--filename', 'my.iso']
    },
    shows: /^# fetch http:\/\/192\.0\.2\.1\/my\.iso\?… as local:iso\/my\.iso$/m,
  }],
  'pvesm import': [{
    arrange: async ({root}) => {
      const size = Buffer.alloc(8)
      size.writeBigUInt64LE(4096n)
      writeFileSync(`${root}/stream`, Buffer.concat([size, Buffer.alloc(4096, 1)]))
      return ['pvesm', 'import', 'local:100/vm-100-disk-0.raw', 'raw+size', `${root}/stream`]
    },
    shows: /^# new volume local:100\/vm-100-disk-0\.raw \(\/.*\) from \/.*\/stream \(raw\+size\)$/m,
  }],
  'corral storage annotate': [{
    arrange: async ({context: {places}}) => {
      const dump = `${places.stateDir}/vz/dump`
      mkdirSync(dump, {recursive: true})
      writeFileSync(`${dump}/vzdump-qemu-100-2025_01_01-12_00_00.vma.zst`, 'x')
      return ['corral', 'storage', 'annotate', 'local:backup/vzdump-qemu-100-2025_01_01-12_00_00.vma.zst', '--protected', '1', '--notes', 'before']
    },
    shows: /^write \/.*\.vma\.zst\.notes \(7 bytes\)$/m,
  }],
  'pvesm prune-backups': [{
    arrange: async ({context: {places}}) => {
      const dump = `${places.stateDir}/vz/dump`
      mkdirSync(dump, {recursive: true})
      for (const day of ['01', '02']) writeFileSync(`${dump}/vzdump-qemu-100-2025_01_${day}-12_00_00.vma.zst`, 'x')
      return ['pvesm', 'prune-backups', 'local', '--keep-last', '1']
    },
    shows: /^# local:backup\/vzdump-qemu-100-2025_01_01\S+ qemu\/100 +remove$/m,
  }],
  'pvesm free': [{
    arrange: async (world) => {
      await world.before('pvesm', 'alloc', 'local', '100', '', '1M')
      return ['pvesm', 'free', 'local:100/vm-100-disk-0.raw']
    },
    shows: /^rm -f -- .*vm-100-disk-0\.raw$/m,
  }],
}
