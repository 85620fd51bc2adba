// An NFS server and its client, both the kernel's own.
import {afterAll, beforeAll} from 'vitest'
import {plugin} from '../../../src/lib/storage/nfs/plugin.ts'
import {storageContract} from '../../contract/storage/storage-contract.ts'
import {sharedHost} from '../support/shared-host.ts'

const [folder, path, exportsPath] = ['/srv/nfs', '/mnt/pve/nas', '/etc/exports.d/corral-lab.exports']

beforeAll(async () => {
  const host = await sharedHost()
  await host.files.makeDirectory(folder, 0o755)
  await host.files.makeDirectory('/etc/exports.d')
  await host.files.write(exportsPath, `${folder} 127.0.0.1(rw,no_root_squash,no_subtree_check,fsid=1)\n`)
  await host.run(['systemctl', 'start', 'nfs-server'], {timeoutMs: 300_000})
})
afterAll(async () => {
  const host = await sharedHost()
  await host.run(['systemctl', 'stop', 'nfs-server'], {timeoutMs: 300_000})
  await host.files.remove(exportsPath)
})

storageContract('nfs', async () => {
  const host = await sharedHost()
  return {
    plugin, host, config: {type: 'nfs', storage: 'nas', server: '127.0.0.1', export: folder, path, content: 'images,iso', options: 'vers=4.2'},
    close: async () => {
      await host.run(['umount', '--', path])
      for (const name of await host.files.list(folder)) await host.files.removeTree(`${folder}/${name}`)
    },
  }
})
