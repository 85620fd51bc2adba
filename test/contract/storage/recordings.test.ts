// The real tools answer as it is written down in test/support/recordings, whose answers the fake hosts of other tests give: where a tool is, it is asked anew. With
// CORRAL_RECORD in the environment the files are written (npm run record).
import {spawnSync} from 'node:child_process'
import {mkdtemp, rm, truncate, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {describe, it} from 'vitest'
import type {Host} from '../../../src/lib/host/index.ts'
import {localHost} from '../../../src/lib/host/local/index.ts'
import {btrfsFileSystem, whyNoBtrfs} from '../../support/btrfs-file-system.ts'
import {expectAsRecorded} from '../../support/recordings/recording.ts'
import {diskScene, exportsScene, scanScene, subvolumeScene, targetScene, volumeGroupScene} from '../../support/recordings/scenes.ts'
import {missingForTgt, startTgt, target} from '../../support/tgt-server.ts'
import {volumeGroupMissing, volumeGroupOnLoop} from '../../support/volume-group.ts'

const local = localHost('h1')
const mebibyte = 1024 ** 2

/** Without a name of its own as an initiator, which not every machine has. */
const nameless: Host = {...local, files: {...local.files, stat: async (path, options) => path === '/etc/iscsi/initiatorname.iscsi' ? undefined : local.files.stat(path, options)}}

const withEnvironment = (env: Readonly<Record<string, string>>): Host => ({...local, run: (argv, options) => local.run(argv, {...options, env: {...options?.env, ...env}})})

function missingPrograms(...programs: readonly string[]): string | undefined {
  const missing = programs.filter((program) => spawnSync('sh', ['-c', 'command -v -- "$0"', program]).status !== 0)
  return missing.length === 0 ? undefined : `${missing.join(' and ')} are not installed`
}

interface Tried { readonly tool: string; readonly missing: string | undefined; readonly record: () => Promise<void> }

const tried: readonly Tried[] = [
  {tool: 'lvm2', missing: volumeGroupMissing(), record: async () => {
    const {group, env, close} = await volumeGroupOnLoop()
    try {
      await expectAsRecorded('lvm', volumeGroupScene, {host: withEnvironment(env), names: {group}, versions: [['lvs', '--version']]})
    } finally {
      await close()
    }
  }},
  {tool: 'libiscsi and tgt', missing: missingForTgt(), record: async () => {
    const server = await startTgt()
    try {
      await server.addDisk(1, 16 * mebibyte)
      await server.addDisk(12, 40 * mebibyte)
      const names = {portal: server.portal, target, folder: server.folder}
      await expectAsRecorded('iscsidirect', targetScene, {host: nameless, names, versions: [['dpkg-query', '--show', 'libiscsi-bin']]})
      await expectAsRecorded('tgt', exportsScene, {host: withEnvironment(server.env), names, versions: [['tgtadm', '--version']]})
    } finally {
      await server.close()
    }
  }},
  {tool: 'btrfs-progs', missing: whyNoBtrfs(), record: async () => {
    const {mountPoint, close} = btrfsFileSystem()
    try {
      await expectAsRecorded('btrfs', subvolumeScene, {host: local, names: {folder: mountPoint}, versions: [['btrfs', '--version']]})
    } finally {
      close()
    }
  }},
  {tool: 'the tools of disks', missing: volumeGroupMissing() ?? missingPrograms('sgdisk', 'smartctl'), record: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'corral-recorded-'))
    await writeFile(join(folder, 'disk.img'), '')
    await truncate(join(folder, 'disk.img'), 64 * mebibyte)
    const device = (await local.run(['losetup', '-f', '--show', '--', join(folder, 'disk.img')])).stdout.trim()
    try {
      await expectAsRecorded('disks', diskScene, {host: local, names: {device, name: device.slice('/dev/'.length)}, versions: [['wipefs', '--version'], ['sgdisk', '--version'], ['smartctl', '--version']]})
    } finally {
      await local.run(['losetup', '-d', device])
      await rm(folder, {recursive: true})
    }
  }},
  {tool: 'showmount and smbclient', missing: missingPrograms('showmount', 'smbclient'), record: () =>
    expectAsRecorded('scans', scanScene, {host: local, names: {}, versions: [['showmount', '--version'], ['smbclient', '--version']]})},
]

describe('the answers of', () => {
  for (const {tool, missing, record} of tried) it.skipIf(missing !== undefined)(`${tool}${missing === undefined ? '' : ` (not asked: ${missing})`} are those that were recorded`, record, 120_000)
})
