import {defineCommand, std} from '../../../spec/index.ts'
import {execStatusProperties} from './exec-status-schema.ts'

export const spec = defineCommand({
  id: 'qm guest exec',
  summary: 'Run a program inside a virtual machine.',
  description: `The guest agent runs it, as the user that the agent runs as (mostly root). No shell is in between: for pipes and the like run one,
\`sh -c '…'\`. Words of the program that begin with a dash stand behind \`--\`.

When it has ended, its exit code and what it wrote are printed as JSON. This command ends with 0 then, whatever the program's own exit code is. When it
is still running after the time, or is not waited for (\`--synchronous 0\`), its number is printed, for \`qm guest exec-status\`. Ctrl-C ends the waiting,
not the program.`,
  params: {
    vmid: std.vmid,
    'extra-args': {type: 'array', items: {type: 'string', maxLength: 131_072}, optional: true, placeholder: 'program', description: 'The program and its arguments.'},
    synchronous: {type: 'boolean', default: true, optional: true, description: 'Wait for its end and print what came of it.'},
    timeout: {type: 'integer', minimum: 0, default: 30, optional: true, description: 'How many seconds its end is waited for; 0 for a day.'},
    'pass-stdin': {type: 'boolean', default: false, optional: true, description: 'Give it what comes on standard input, at most 512 KiB.'},
    'input-data': {
      type: 'string', optional: true, secret: true, maxLength: 700_000, fromInput: {as: 'data', whenFlag: 'pass-stdin', maxBytes: 512 * 1024},
      description: 'The standard input of the program.',
    },
  },
  args: ['vmid', 'extra-args'],
  returns: {
    type: 'object',
    properties: {pid: {type: 'integer', optional: true, description: 'Its number, where its end was not waited for.'}, ...execStatusProperties, exited: {...execStatusProperties.exited, optional: true}},
  },
  output: {as: 'data'},
  kind: 'change',
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.GuestAgent.Unrestricted'},
  examples: [
    {line: 'qm guest exec 100 -- systemctl restart nginx', meaning: 'Restart a service in the guest.'},
    {line: "qm guest exec 100 --timeout 300 -- sh -c 'df -h | sort'", meaning: 'Run a shell there, for up to five minutes.'},
    {line: 'qm guest exec 100 --pass-stdin 1 -- tee /etc/motd < motd', meaning: 'Write a file there.'},
  ],
  seeAlso: ['qm guest exec-status', 'qm guest cmd'],
})
