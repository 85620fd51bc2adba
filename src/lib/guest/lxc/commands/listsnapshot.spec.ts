import {defineCommand, std} from '../../../spec/index.ts'
import {listedSnapshots} from '../../commands/snapshot-params.ts'

export const spec = defineCommand({
  id: 'pct listsnapshot',
  summary: 'List the snapshots of a container.',
  description: 'As a tree: each stands below the one that the container was at when it was taken. The last line says where the container is now.',
  api: {method: 'GET', path: '/nodes/{node}/lxc/{vmid}/snapshot'},
  params: {vmid: std.vmid},
  args: ['vmid'],
  returns: listedSnapshots,
  output: {as: 'lines'},
  kind: 'read',
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.Audit'},
  examples: [
    {line: 'pct listsnapshot 200', meaning: 'The snapshots as a tree.'},
    {line: 'pct listsnapshot 200 --output-format json', meaning: 'The same for programs.'},
  ],
  seeAlso: ['pct snapshot', 'pct config'],
})
