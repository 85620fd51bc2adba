// The tools in words, for overview pages: what belongs to a tool as a whole and stands in no command's spec.
import type {ToolDescription} from '../spec/generate/tool.ts'

type ToolWords = Omit<ToolDescription, 'commands'>

const store = {path: '/var/lib/corral/store/config.db', meaning: 'The configuration store.'}

export const tools: readonly ToolWords[] = [
  {
    name: 'corral',
    summary: 'Run virtual machines and containers on plain Debian hosts.',
    description: [
      'Corral re-creates the command line of Proxmox VE on Debian: the same tools, options and configuration files, without a special kernel, a patched QEMU or a management server.',
      'Each tool is a program of its own (`qm start 100`) and can be written behind `corral` as well (`corral qm start 100`). `corral` itself has the commands that Proxmox VE lacks.',
      'Data goes to stdout, everything else to stderr. `--output-format json` gives results and errors as JSON. An error is an object `error` with `kind`, `exitCode`, `message`, `causes`, `nextSteps` and `data`, printed on stderr. Booleans are 1 and 0, as in Proxmox VE.',
    ].join('\n\n'),
    files: [
      store,
      {path: '/run/corral', meaning: 'Sockets and process ids of running guests.'},
      {path: '/var/log/corral', meaning: 'The logs of tasks.'},
      {path: '~/.config/corral/contexts.yaml', meaning: 'The hosts that are reached over SSH.'},
    ],
    seeAlso: [
      'corral-first-steps(7)', 'qm(1)', 'pvesm(1)', 'pvenode(1)', 'corral-contexts(5)', 'corral-dry-run(7)', 'corral-exit-codes(7)', 'corral-hosts(7)', 'corral-scripts(7)',
    ],
  },
  {
    name: 'qm',
    summary: 'Manage QEMU virtual machines.',
    description: [
      'Creates, configures, starts and stops virtual machines on this host. A machine is named by its number (100 to 999999999), or by its name where only one machine has it.',
      'Its configuration is a small file of `key: value` lines in the configuration store, in the form of Proxmox VE; qm.conf(5) describes the keys.',
    ].join('\n\n'),
    files: [store, {path: '/run/corral', meaning: 'Sockets and process ids of running machines.'}],
    seeAlso: ['qm.conf(5)', 'corral-configuration(7)', 'corral-tasks(7)', 'corral-locks(7)', 'corral-networks(7)', 'corral-cloud-init(7)', 'pvesm(1)', 'corral(1)', 'qemu-system-x86_64(1)'],
  },
  {
    name: 'pct',
    summary: 'Manage system containers.',
    description: [
      'Creates, configures, starts and stops containers on this host, which run on stock LXC. A container is named by its number (100 to 999999999), or by its host name where only one guest has it.',
      'Its configuration is a small file of `key: value` lines in the configuration store, in the form of Proxmox VE; pct.conf(5) describes the keys.',
    ].join('\n\n'),
    files: [store, {path: '/run/corral/lxc', meaning: 'The configurations for LXC, logs and process ids of running containers.'}],
    seeAlso: ['pct.conf(5)', 'corral-configuration(7)', 'corral-tasks(7)', 'corral-locks(7)', 'corral-networks(7)', 'pvesm(1)', 'qm(1)', 'corral(1)', 'lxc(7)'],
  },
  {
    name: 'pvesm',
    summary: 'Manage storages and the volumes on them.',
    description: 'Adds, changes and removes storages, shows their state, and works with single volumes. storage.cfg(5) describes the configuration.',
    files: [store],
    seeAlso: ['storage.cfg(5)', 'corral-storage(7)', 'corral-volumes(7)', 'qm(1)', 'corral(1)', 'qemu-img(1)'],
  },
  {
    name: 'pveam',
    summary: 'Fetch templates of containers.',
    description: 'Fetches an index of container templates, shows what is in it, and downloads templates to storages. Any index in the form of Proxmox VE\'s aplinfo.dat will do, from a server or a file.',
    files: [store, {path: '/var/lib/corral/aplinfo', meaning: 'The indexes that were fetched.'}],
    seeAlso: ['pvesm(1)', 'corral-storage(7)', 'corral(1)', 'gpgv(1)'],
  },
  {
    name: 'pvenode',
    summary: 'Look after this node and its tasks.',
    description: 'Lists the tasks that ran on this node and shows how they went. A task has an id, the UPID, which the commands that start tasks print with `--async`.',
    files: [{path: '/var/log/corral/tasks', meaning: 'The logs of tasks.'}],
    seeAlso: ['corral-tasks(7)', 'corral(1)', 'qm(1)'],
  },
  {
    name: 'qmrestore',
    summary: 'Make virtual machines from backups.',
    description: 'Reads the VMA archives in which Proxmox VE keeps virtual machines.',
    files: [store],
    seeAlso: ['qm(1)', 'pvesm(1)', 'corral-volumes(7)', 'corral(1)'],
  },
  {
    name: 'vzdump',
    summary: 'Back up virtual machines and containers.',
    description: 'Writes archives that Proxmox VE reads as well: VMA archives of virtual machines, tar archives of containers. `qmrestore` and `pct restore` make guests of them again.',
    files: [store, {path: '/etc/vzdump.conf', meaning: 'What holds for all backups of the host; vzdump.conf(5).'}],
    seeAlso: ['vzdump.conf(5)', 'qmrestore(1)', 'pct-restore(1)', 'pvesm(1)', 'corral-storage(7)', 'corral(1)'],
  },
  {
    name: 'qmeventd',
    summary: 'Watch the virtual machines of this host.',
    description: 'A daemon, started by `qm start` or by the system.',
    section: 8,
    seeAlso: ['qm(1)', 'corral(1)'],
  },
]

/** The tools that have commands, with their specs. @throws Error for a tool without words here */
export function describeTools(specs: ToolDescription['commands']): ToolDescription[] {
  const names = [...new Set(specs.map(({id}) => id.split(' ')[0] ?? id))].toSorted()
  return names.map((name) => {
    const words = tools.find((tool) => tool.name === name)
    if (words === undefined) throw new Error(`src/lib/cli/tools.ts says nothing about '${name}'`)
    return {...words, commands: specs.filter(({id}) => id === name || id.startsWith(`${name} `)).toSorted((a, b) => (a.id < b.id ? -1 : 1))}
  })
}
