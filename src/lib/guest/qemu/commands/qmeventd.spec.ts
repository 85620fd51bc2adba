import {defineCommand} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'qmeventd',
  summary: 'Watch the virtual machines of this host.',
  description: `Each QEMU of this host reports its events to a socket that this daemon listens on. A guest that switches itself off is ended and
\`qm cleanup\` is run for it; the same for one whose QEMU crashed or was killed. \`qm start\` starts a daemon that ends with the last guest where none
runs; a system service runs \`qmeventd /run/corral/qmeventd.sock -f\`, which stays.

Killing the daemon loses nothing: the next one asks every QEMU and looks at the PID files. There is only one at a time on a socket.`,
  params: {
    PATH: {type: 'string', maxLength: 107, pattern: '/.+', placeholder: 'PATH', completion: 'file', description: 'The socket to listen on. Its folder must be private (mode 0700).'},
    f: {type: 'boolean', optional: true, description: 'Stay in the foreground.'},
    v: {type: 'boolean', optional: true, description: 'Tell of every guest that connects.'},
  },
  args: ['PATH'],
  returns: {type: 'null'},
  output: {as: 'none'},
  kind: 'read',
  runsOn: 'client',
  needs: 'root',
  examples: [{line: 'qmeventd /run/corral/qmeventd.sock -f', meaning: 'As a system service runs it.'}],
  seeAlso: ['qm cleanup', 'qm start'],
})
