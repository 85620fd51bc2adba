import {defineCommand} from '../../spec/index.ts'

export const spec = defineCommand({
  id: 'corral import pve',
  summary: 'Take over guests and storages of a Proxmox VE host.',
  description: `Reads a copy of the folder \`/etc/pve\` of a Proxmox VE host, or of its database \`/var/lib/pve-cluster/config.db\`, and takes over the guests of one
node with the storages, pools, mappings, CPU models and other settings that stand there. Configurations stay as they are, byte for byte. Volumes
are neither copied nor looked into: the storages keep their names and places, so this is for a host that is to run the guests in place of
Proxmox VE, or that reaches the same storages.

A guest must not run in two places. Shut it down over there first, and do not start it there again.

What is here already stays: a guest whose VMID is taken, a storage or a file that is another one here. Each is named, as is whatever of a guest
will be refused at its start (\`firewall=1\`, unknown keys), a bridge that is missing, and a volume that is not found. Users and
rights are not taken over.

Everything is done in one commit, wholly or not at all. \`--dry-run\` shows it before.

An example, from the old host to a new one that has its disks:

    old# qm shutdown 100
    old# tar -C /etc -cf /root/pve.tar pve
    new# mkdir -m 700 /root/from-old && tar -C /root/from-old -xf pve.tar
    new# corral import pve /root/from-old/pve --dry-run
    new# corral import pve /root/from-old/pve --secrets 1
    new# qm start 100`,
  params: {
    source: {type: 'string', isPath: true, maxLength: 4096, completion: 'file', placeholder: 'dir', description: 'The copy of the folder `/etc/pve`, or of the database.'},
    node: {type: 'string', format: 'pve-node', optional: true, placeholder: 'node', defaultText: 'the only one that has guests', description: 'The node whose guests come over. They become guests of this one.'},
    vmid: {type: 'string', format: 'pve-vmid-list', optional: true, placeholder: 'vmid[,vmid…]', description: 'Only these guests.'},
    storages: {type: 'boolean', optional: true, default: true, description: 'Take over storages.'},
    pools: {type: 'boolean', optional: true, default: true, description: 'Take over the pools that the guests are in.'},
    settings: {type: 'boolean', optional: true, default: true, description: 'Take over mappings, CPU models, and the files of the cluster, the firewall, jobs, high availability and networks.'},
    secrets: {type: 'boolean', optional: true, default: false, description: 'Take over passwords and keyrings of the storages (`priv/`), too.'},
    overwrite: {type: 'boolean', optional: true, default: false, description: 'Replace storages and files that are others here. Guests are never replaced.'},
  },
  args: ['source'],
  returns: {type: 'array', items: {type: 'string'}, description: 'What was taken over, a line each.'},
  output: {as: 'lines'},
  kind: 'change',
  runsOn: 'node',
  needs: 'root',
  examples: [
    {line: 'corral import pve /root/from-old/pve --dry-run', meaning: 'Show what would be taken over, and what there is to look at.'},
    {line: 'corral import pve config.db --node pve1 --vmid 100,101', meaning: 'Two guests of one node, out of the database.'},
    {line: 'corral import pve /root/from-old/pve --storages 0 --settings 0', meaning: 'Guests and pools only.'},
  ],
  files: ['storage.cfg', 'qm.conf'],
  seeAlso: ['qm importovf', 'qm list', 'pvesm status'],
})
