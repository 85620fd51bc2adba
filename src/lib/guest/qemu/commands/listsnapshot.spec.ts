import {defineCommand, std} from '../../../spec/index.ts'
import {listedSnapshots} from '../../commands/snapshot-params.ts'

export const spec = defineCommand({
  id: 'qm listsnapshot',
  summary: 'List the snapshots of a virtual machine.',
  description: 'As a tree: each stands below the one that the machine was at when it was taken. The last line says where the machine is now.',
  api: {method: 'GET', path: '/nodes/{node}/qemu/{vmid}/snapshot'},
  params: {vmid: std.vmid},
  args: ['vmid'],
  returns: listedSnapshots,
  output: {as: 'lines'},
  kind: 'read',
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.Audit'},
  examples: [
    {line: 'qm listsnapshot 100', meaning: 'The snapshots as a tree.'},
    {line: 'qm listsnapshot 100 --output-format json', meaning: 'The same for programs.'},
  ],
  seeAlso: ['qm snapshot', 'qm config'],
})
