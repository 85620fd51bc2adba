// ZFS over iSCSI with a real pool and tgt. The server is the lab host itself: in place of ssh a shell takes the command lines. LIO, whose targetcli takes seconds
// for each order there, and SSH are tried with one disk by iscsi.test.ts.
import {afterAll, beforeAll} from 'vitest'
import type {Host} from '../../../src/lib/host/index.ts'
import {plugin} from '../../../src/lib/storage/zfs/plugin.ts'
import {storageContract} from '../../contract/storage/storage-contract.ts'
import {sharedHost, spareDisk} from '../support/shared-host.ts'
import {emptyPool} from '../support/zfs-pool.ts'

const [pool, number] = ['sanpool', 4]
const target = 'iqn.2003-01.org.example:tgt'
const config = {type: 'zfs', storage: 'san', portal: '127.0.0.1', target, pool, blocksize: '16k', sparse: true, content: 'images'}
const tgtadm = ['tgtadm', '--lld', 'iscsi', '--mode', 'target']
let host: Host

beforeAll(async () => {
  host = await sharedHost()
  await host.run(['modprobe', 'zfs'], {timeoutMs: 300_000})
  await host.run(['zpool', 'create', '-f', pool, await spareDisk(host, number)])
  await host.run(['systemctl', 'start', 'tgt'], {timeoutMs: 300_000})
})
afterAll(async () => {
  await host.run(['systemctl', 'stop', 'tgt'], {timeoutMs: 300_000})
  await host.run(['zpool', 'destroy', '-f', pool])
  await host.run(['wipefs', '-q', '-a', '--', await spareDisk(host, number)])
})

storageContract('zfs', async () => {
  const lab = await sharedHost()
  await lab.run([...tgtadm, '--op', 'new', '--tid', '1', '--targetname', target])
  await lab.run([...tgtadm, '--op', 'bind', '--tid', '1', '--initiator-address', 'ALL'])
  return {
    plugin, config: {...config, iscsiprovider: 'iet'},
    host: {...lab, run: (argv, options) => lab.run(argv[0] === 'ssh' ? ['sh', '-c', argv.at(-1) ?? ''] : argv, options)},
    close: async () => {
      await lab.run([...tgtadm, '--op', 'delete', '--tid', '1', '--force'])
      await emptyPool(lab, pool)
    },
  }
})
