import {defineCommand, std} from '../../../spec/index.ts'
import {agentCommandWords} from '../agent/agent-commands.ts'

export const spec = defineCommand({
  id: 'qm guest cmd',
  summary: 'Ask the agent inside a virtual machine, or tell it something.',
  description: `The guest agent is a program in the guest (qemu-guest-agent in Debian); the machine needs \`agent: 1\`. What it answers is printed: a value
as it is, anything larger as JSON. Nothing that a guest says about itself is checked by anybody.

\`ping\` finds out whether it is there. \`network-get-interfaces\`, \`get-osinfo\`, \`get-host-name\`, \`get-fsinfo\`, \`get-users\`, \`get-vcpus\`,
\`get-memory-blocks\`, \`get-memory-block-info\`, \`get-time\` and \`get-timezone\` ask about the guest, \`info\` about the agent and what it can do.
\`fstrim\` gives blocks that are free in the guest back to the storage, where disks have \`discard=on\`.

\`fsfreeze-freeze\` keeps everything in the guest from writing to its disks until \`fsfreeze-thaw\`; nobody thaws it for you. Snapshots and clones freeze
and thaw by themselves.

\`shutdown\`, \`suspend-ram\`, \`suspend-disk\` and \`suspend-hybrid\` are not answered unless they are refused.`,
  api: {method: 'POST', path: '/nodes/{node}/qemu/{vmid}/agent'},
  params: {
    vmid: std.vmid,
    command: {type: 'string', enum: agentCommandWords, placeholder: 'command', description: 'What is asked or told.'},
  },
  args: ['vmid', 'command'],
  returns: {type: 'object', properties: {result: {type: 'any', description: 'What the agent answered; its form is the agent\'s own.'}}},
  output: {as: 'data', of: 'result'},
  kind: 'change',
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.GuestAgent.Unrestricted'},
  aliases: ['qm agent'],
  examples: [
    {line: 'qm guest cmd 100 ping && echo it is there', meaning: 'Find out whether the agent answers.'},
    {line: 'qm guest cmd 100 network-get-interfaces', meaning: 'Show the addresses of the guest.'},
    {line: 'qm guest cmd 100 fstrim', meaning: 'Give free blocks back to the storage.'},
  ],
  seeAlso: ['qm guest exec', 'qm guest passwd', 'qm status'],
})
