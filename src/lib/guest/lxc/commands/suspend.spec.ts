import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'pct suspend',
  summary: 'Suspend a container.',
  description: `Its processes are frozen where they are and stay in memory, with all their files and connections, until \`pct resume\`; a host that is
switched off loses them. Proxmox VE saves the container to disk instead, with a program that it calls experimental itself. A container that is suspended already
stays as it is, with success.`,
  api: {method: 'POST', path: '/nodes/{node}/lxc/{vmid}/status/suspend'},
  params: {vmid: std.vmid},
  args: ['vmid'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'vzsuspend', id: 'vmid'},
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.PowerMgmt'},
  examples: [{line: 'pct suspend 200', meaning: 'Freeze all that runs in the container.'}],
  seeAlso: ['pct resume', 'pct status'],
})
