import {defineCommand, std} from '../../../spec/index.ts'
import {qemuConfigParams} from '../config/index.ts'
import {importableDriveParams} from '../config/drives.ts'

export const spec = defineCommand({
  id: 'qm set',
  summary: 'Change the configuration of a virtual machine.',
  description: `A running machine takes at once what it can: name, tags and the like, limits of drives, discs, bridges, processor time, and
devices of the kinds that \`hotplug\` allows, which are plugged in and taken out. What it cannot take, and what the guest refuses, waits until
its next start; the command says so, \`qm pending\` shows it and \`--revert\` takes it back. Naming a key again tries it again.

A disk that is deleted or replaced is kept as \`unusedN\`. Deleting \`unusedN\`, or deleting a disk with \`--force\`, removes its data.`,
  api: {method: 'PUT', path: '/nodes/{node}/qemu/{vmid}/config'},
  params: {
    vmid: std.vmid,
    ...qemuConfigParams,
    ...importableDriveParams,
    delete: {type: 'string', format: 'pve-configid-list', optional: true, placeholder: 'key[,key…]', description: 'Keys to take out of the configuration.'},
    revert: {type: 'string', format: 'pve-configid-list', optional: true, placeholder: 'key[,key…]', description: 'Keys whose waiting changes are dropped.'},
    force: {
      type: 'boolean', optional: true, requires: 'delete',
      description: 'Remove the volumes of deleted disks instead of keeping them as unused disks. **Their data is lost.**',
    },
    digest: {...std.digest, maxLength: 40},
    skiplock: std.skiplock,
  },
  args: ['vmid'],
  returns: {type: 'string', optional: true, description: 'What was changed, in words.'},
  output: {as: 'lines'},
  kind: 'change',
  runsOn: 'guest-node',
  needs: {path: '/vms/{vmid}', privilege: 'VM.Config.Options'},
  examples: [
    {line: 'qm set 100 --memory 4096 --cores 4', meaning: 'More memory and processors, from the next start on.'},
    {line: 'qm set 100 --scsi1 local:10', meaning: 'A second disk of 10 GiB, which a running machine gets at once.'},
    {line: 'qm set 100 --delete scsi1', meaning: 'Take the second disk away; it stays as unused0.'},
    {line: 'qm set 100 --delete unused0', meaning: 'Remove the unused disk and its data.'},
    {line: 'qm set 100 --revert memory', meaning: 'Drop what waits for the memory.'},
    {line: 'qm set 100 --ide2 none', meaning: 'Take the disc out of the CD-ROM drive.'},
  ],
  files: ['qm.conf'],
  seeAlso: ['qm config', 'qm pending'],
})
