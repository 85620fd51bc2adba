// Samba and the kernel's SMB client.
import {afterAll, beforeAll} from 'vitest'
import {plugin} from '../../../src/lib/storage/cifs/plugin.ts'
import {storageContract} from '../../contract/storage/storage-contract.ts'
import {sharedHost} from '../support/shared-host.ts'

const [folder, path] = ['/srv/smb', '/mnt/pve/share']
const secret = {text: 'password=Lab, with a comma\n', path: '/run/corral-lab/share.pw'}

beforeAll(async () => {
  const host = await sharedHost()
  await host.files.makeDirectory(folder, 0o755)
  await host.files.write('/etc/samba/smb.conf', `[global]\nmap to guest = never\ninterfaces = lo\nbind interfaces only = yes\n[vm]\npath = ${folder}\nread only = no\n`, {mode: 0o644})
  await host.run(['smbpasswd', '-L', '-a', '-s', 'root'], {input: 'Lab, with a comma\nLab, with a comma\n'})
  await host.run(['systemctl', 'start', 'smbd'], {timeoutMs: 300_000})
})
afterAll(async () => {
  const host = await sharedHost()
  await host.run(['systemctl', 'stop', 'smbd'], {timeoutMs: 300_000})
})

storageContract('cifs', async () => {
  const host = await sharedHost()
  return {
    plugin: {...plugin, open: (config, on, clock) => plugin.open(config, on, clock, secret)},
    host, config: {type: 'cifs', storage: 'share', server: '127.0.0.1', share: 'vm', username: 'root', path, content: 'images,iso'},
    close: async () => {
      await host.run(['umount', '--', path])
      for (const name of await host.files.list(folder)) await host.files.removeTree(`${folder}/${name}`)
    },
  }
})
