import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {localHost} from '../../../src/lib/host/local/index.ts'
import {plugin} from '../../../src/lib/storage/dir/plugin.ts'
import {storageContract} from './storage-contract.ts'

storageContract('dir', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'corral-dir-'))
  return {
    plugin, host: localHost('h1'), config: {type: 'dir', storage: 'local', path: join(folder, 'vz'), content: 'images,iso'},
    close: () => rm(folder, {recursive: true, force: true}),
  }
})
