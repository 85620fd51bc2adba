import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'qm shutdown',
  summary: 'Shut a virtual machine down.',
  description: `The guest is asked to shut down: through its agent where the configuration says that it has one, else by the power button (ACPI).
The command waits until the machine has ended. A machine that does not run is left as it is, with success.`,
  api: {method: 'POST', path: '/nodes/{node}/qemu/{vmid}/status/shutdown'},
  params: {
    vmid: std.vmid,
    forceStop: {type: 'boolean', optional: true, default: false, description: 'Stop the machine when it has not shut down in time.'},
    keepActive: {type: 'boolean', optional: true, default: false, description: 'Leave the volumes available on the host. Only root may do this.'},
    skiplock: std.skiplock,
    timeout: {
      type: 'integer', minimum: 0, optional: true, defaultText: '`down` of the key startup, else 60', placeholder: 'seconds',
      description: 'How long the guest may take, in seconds. 0 sets no limit.',
    },
  },
  args: ['vmid'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'qmshutdown', id: 'vmid'},
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.PowerMgmt'},
  examples: [
    {line: 'qm shutdown 100', meaning: 'Ask the guest, and wait a minute.'},
    {line: 'qm shutdown 100 --timeout 180 --forceStop 1', meaning: 'Give it three minutes, then pull the plug.'},
  ],
  seeAlso: ['qm stop', 'qm reboot', 'qm wait'],
})
