// A host beside an iSCSI server on which every volume is the same LUN, as the suites say. The server answers as its tools do.
import {fakeHost} from '../../src/lib/host/fake/index.ts'
import type {Answer, FakeHost} from '../../src/lib/host/fake/fake-host.ts'
import type {StorageConfig} from '../../src/lib/storage/index.ts'

export interface ServerFacts {
  readonly section: StorageConfig
  /** The name of the volume in the pool. */
  readonly volume: string
  readonly lun: number
  readonly initiator: string
}

export function besideIscsiServer({section, volume, lun, initiator}: ServerFacts): FakeHost {
  const onServer = (command: RegExp, stdout: string): Answer => ({argv: ['ssh', '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=10', '--', /^root@/, command], stdout})
  const {pool, target} = section as unknown as {pool: string; target: string}
  const saved = {
    storage_objects: [{plugin: 'block', name: 'disk', dev: `/dev/zvol/${pool}/${volume}`}],
    targets: [{fabric: 'iscsi', wwn: target, tpgs: [{tag: 1, luns: [{index: lun, storage_object: '/backstores/block/disk'}]}]}],
  }
  return fakeHost({
    files: {'/etc/iscsi/initiatorname.iscsi': `InitiatorName=${initiator}\n`},
    answers: [
      onServer(/^cat .*saveconfig\.json$/, JSON.stringify(saved)),
      onServer(/^stmfadm list-lu -v$/, `LU Name: 600144F000000000000000000000000A\n    Data File         : /dev/zvol/rdsk/${pool}/${volume}\n`),
      onServer(/^stmfadm list-view /, `View Entry: 0\n    LUN          : ${lun}\n`),
    ],
  })
}
