import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'pct console',
  summary: 'Open a console of a container that runs.',
  description: `The key \`cmode\` of the container says which: a terminal with a login (\`tty\`, the first that nobody has open), /dev/console (\`console\`), or a
shell without a login (\`shell\`). Ctrl-A and then \`q\` leaves it; \`--escape\` chooses another key for Ctrl-A, which typed twice goes to the container. What runs
there goes on. A login appears after Enter, where the container runs one on the terminal.`,
  params: {
    vmid: std.vmid,
    escape: {type: 'string', pattern: '\\^?[a-z]', default: '^a', optional: true, placeholder: 'key', description: 'The key that comes before `q`: `^b` for Ctrl-B, or a letter.'},
  },
  args: ['vmid'],
  returns: {type: 'null'},
  output: {as: 'none'},
  kind: 'interactive',
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.Console'},
  examples: [
    {line: 'pct console 200', meaning: 'Log in; Ctrl-A q leaves.'},
    {line: 'pct console 200 --escape ^b', meaning: 'The same, in a program such as screen that has Ctrl-A for itself.'},
  ],
  seeAlso: ['pct enter', 'pct exec'],
})
