import {mkdir, mkdtemp, rename, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {localHost} from '../../../src/lib/host/local/index.ts'
import {plugin} from '../../../src/lib/storage/dir/plugin.ts'
import {storageContract} from './storage-contract.ts'

storageContract('dir', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'corral-dir-'))
  const path = join(folder, 'vz')
  await mkdir(path)
  return {
    plugin, host: localHost('h1'), config: {type: 'dir', storage: 'local', path, content: 'images,iso', 'create-base-path': false},
    outage: {begin: () => rename(path, `${path}.away`), end: () => rename(`${path}.away`, path)},
    close: () => rm(folder, {recursive: true, force: true}),
  }
})

// Snapshots as files of their own.
storageContract('dir with chains', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'corral-chains-'))
  const path = join(folder, 'vz')
  await mkdir(path)
  return {
    plugin, host: localHost('h1'), config: {type: 'dir', storage: 'local', path, content: 'images,iso', format: 'qcow2', 'snapshot-as-volume-chain': true, 'create-base-path': false},
    outage: {begin: () => rename(path, `${path}.away`), end: () => rename(`${path}.away`, path)},
    close: () => rm(folder, {recursive: true, force: true}),
  }
})
