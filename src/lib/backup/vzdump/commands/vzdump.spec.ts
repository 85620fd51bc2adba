import {defineCommand, std} from '../../../spec/index.ts'
import {backupParams} from '../backup-params.ts'

export const spec = defineCommand({
  id: 'vzdump',
  summary: 'Back up guests.',
  description: `Guests are named by their numbers, or chosen by \`--all\`, less \`--exclude\`, or by \`--pool\`. Only those of this host are backed up; others are passed over. Their
archives go to a storage with content \`backup\`, to a folder, or for one guest to standard output: VMA archives of virtual machines, tar archives of containers, as
Proxmox VE writes them. A template is backed up like a guest that does not run.

**An archive is named** \`vzdump-qemu-100-2026_01_31-12_00_00.vma.zst\` after the guest and the time. Until it is whole it has another name, ending in \`.dat\`; what fails or
is interrupted leaves no archive, and the guest as it was. Beside it lie its log (\`.log\`, of a failed backup as well) and, where they are asked for, notes (\`.notes\`) and
the mark of its protection (\`.protected\`).

**Modes.** In mode snapshot the guest goes on working; in mode suspend it stands still for a while, in mode stop it is shut down and started again, which gives the most
consistent backup. Where a mode cannot be had the log says which one was taken instead, and why.

**One run at a time**: a host does one run of vzdump after the other; the next waits as long as \`--lockwait\` says, and tells for whom. A guest whose backup fails stops no other;
the command fails in the end and names it.

**What is kept**: after the backup of a guest its older backups are removed that \`--prune-backups\` gives up, else those that the storage's own rules do; without any rule all stay.

**The script** is called with its phase in the first argument: \`job-init\`, \`job-start\`, \`job-end\` or \`job-abort\` of the run; \`backup-start\`, \`pre-stop\`, \`pre-restart\`,
\`post-restart\`, \`backup-end\` or \`backup-abort\`, and \`log-end\`, of a guest, with the mode and the VMID as further arguments. In its environment stand DUMPDIR, STOREID, and
of a guest VMTYPE (qemu or lxc), HOSTNAME, TARGET (the archive) and LOGFILE. If it fails, so does the backup, apart from \`log-end\` and the phases of a failure.

Options that are not given are taken from vzdump.conf(5).`,
  api: {method: 'POST', path: '/nodes/{node}/vzdump'},
  params: {
    vmid: {type: 'string', format: 'pve-vmid-list', optional: true, completion: 'vmid', placeholder: 'vmid', description: 'The numbers of the guests.'},
    all: {type: 'boolean', optional: true, default: false, description: 'Back up all guests of this host.'},
    ...backupParams,
    exclude: {type: 'string', format: 'pve-vmid-list', optional: true, completion: 'vmid', placeholder: 'vmid[,...]', description: 'Not these guests. Without `--pool` it means all others.'},
    'job-id': {type: 'string', maxLength: 50, pattern: '\\S+', optional: true, placeholder: 'id', description: 'The job for which it is done; it is told in the log.'},
    node: {...std.node, description: 'Do nothing on other hosts than this one.'},
    stdout: {type: 'boolean', optional: true, description: 'Write the archive of one guest to standard output.'},
    stop: {type: 'boolean', optional: true, default: false, description: 'Stop the run of backups that is under way on this host.'},
  },
  args: ['vmid'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'vzdump', id: 'vmid', typeWith: {stop: 'vzdumpstop'}},
  interactiveWith: {param: 'stdout', value: true},
  runsOn: 'node',
  needs: 'root',
  examples: [
    {line: 'vzdump 100 --storage local --compress zstd', meaning: 'One guest; it goes on running.'},
    {line: 'vzdump --all --exclude 104,105 --storage nas --compress zstd --quiet', meaning: 'As cron runs it: all guests of the host but two.'},
    {line: 'vzdump 100 101 --mode stop --dumpdir /mnt/usb', meaning: 'Two guests, shut down meanwhile, into a folder.'},
    {line: "vzdump 100 --storage nas --notes-template '{{guestname}}' --protected", meaning: 'A backup that is kept, with the name of the guest beside it.'},
    {line: 'vzdump 100 --compress zstd --stdout | ssh h2 \'cat > /backup/100.vma.zst\'', meaning: 'To another host, and no file on this one.'},
    {line: 'vzdump --pool web --storage nas --dry-run', meaning: 'Show all that would be done, guest by guest.'},
    {line: 'vzdump --stop', meaning: 'End the run that is under way; what is whole stays.'},
  ],
  files: ['vzdump.conf'],
  seeAlso: ['qmrestore', 'pct restore', 'pvesm extractconfig', 'pvesm prune-backups', 'pvesm list'],
})
