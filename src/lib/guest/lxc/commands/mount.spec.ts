import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'pct mount',
  summary: 'Mount the file systems of a container on the host.',
  description: `For repairs of a container that does not run: its root file system is mounted at the path that is printed, with its mount points below, until
\`pct unmount\`. Meanwhile the configuration carries the lock \`mounted\`, and the container can neither be started nor changed. After a restart of the host nothing is
mounted any more; \`pct unmount\` then takes the lock away.

What lies there is the container's own work: its links may lead to files of the host. \`pct push\` and \`pct pull\` follow none of them.`,
  params: {vmid: std.vmid},
  args: ['vmid'],
  returns: {type: 'string', description: 'Where the root file system is mounted.'},
  output: {as: 'lines'},
  kind: 'change',
  runsOn: 'guest-node',
  needs: 'root',
  examples: [{line: 'pct mount 200', meaning: 'Prints the path at which its files are.'}],
  seeAlso: ['pct unmount', 'pct push', 'pct fsck'],
})
