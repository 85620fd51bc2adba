import {defineCommand} from '../../../spec/index.ts'
import {runningProperties, statusProperties} from '../status-schema.ts'

export const spec = defineCommand({
  id: 'qm list',
  summary: 'List the virtual machines of this host.',
  description: `With --full the agents of all running machines are asked at the same time, for two seconds at most: machines that do not answer
hold up nobody.`,
  api: {method: 'GET', path: '/nodes/{node}/qemu'},
  params: {
    full: {type: 'boolean', optional: true, description: 'Ask every running machine for its exact state (paused, suspended, …) and its agent for its addresses, which takes longer.'},
  },
  args: [],
  returns: {type: 'array', description: 'One entry a virtual machine, by VMID.', items: {type: 'object', properties: {...statusProperties, ...runningProperties}}},
  output: {
    as: 'table',
    isSilentWhenEmpty: true,
    columns: [
      {key: 'vmid', header: 'VMID', width: 10, align: 'right'},
      {key: 'name', header: 'NAME', width: 20},
      {key: 'qmpstatus', header: 'STATUS', width: 10},
      {key: 'maxmem', header: 'MEM(MB)', width: 10, unit: 'bytes-mib', absent: '0'},
      {key: 'maxdisk', header: 'BOOTDISK(GB)', width: 12, align: 'right', unit: 'bytes-gib', absent: '0.00'},
      {key: 'pid', header: 'PID', width: 10, absent: '0'},
      {key: 'guest-addresses', header: 'ADDRESSES', unit: 'words', isLeftOutWhenEmpty: true},
    ],
  },
  kind: 'read',
  runsOn: 'node',
  needs: {path: '/vms', privilege: 'VM.Audit'},
  examples: [
    {line: 'qm list', meaning: 'All virtual machines with their state, memory and boot disk.'},
    {line: 'qm list --full', meaning: 'The same with exact states, and with the addresses of those whose agent answers.'},
  ],
  seeAlso: ['qm status'],
})
