// The configuration files that have a man page of section 5, with the schemas that they are read by.
import {backupParams} from '../backup/vzdump/index.ts'
import {jobParams} from '../backup/jobs/job-config.ts'
import * as lxc from '../guest/lxc/config/index.ts'
import * as qemu from '../guest/qemu/config/index.ts'
import type {ConfigFile} from '../spec/generate/config-page.ts'
import {contextParams, fileParams, hostParams} from '../hosts/context-schema.ts'
import {loadStoragePlugin, storageTypes} from '../storage/plugins.ts'

/** In the order of the alphabet. */
export async function configFiles(): Promise<ConfigFile[]> {
  return [contextsYaml(), jobsCfg(), pctConf(), qmConf(), await storageCfg(), vzdumpConf()]
}

function contextsYaml(): ConfigFile {
  return {
    name: 'corral-contexts',
    summary: 'The hosts on which commands run.',
    description: [
      'The file `$XDG_CONFIG_HOME/corral/contexts.yaml`, by default `~/.config/corral/contexts.yaml`, belongs to the user and names hosts that are reached over SSH. `corral host add` and `corral context use` write it; comments stay. Without the file every command runs on this machine.',
      'A context is one host or several. A command runs in the context that `--context` names, else the variable `CORRAL_CONTEXT`, else in the current one. `--on` picks one host of it. The context `local` is always this machine.',
      'With several hosts, listings show the rows of all with a column NODE; a command about a guest or a task goes to the host that has it, and is refused where two have it; what is for one host needs `--on`. A host that cannot be reached is a warning, and the exit code is 7.',
      'The file is YAML without aliases and tags, of at most 256 KiB. Nobody but its owner may be able to write it, because it decides where commands go.',
    ].join('\n\n'),
    groups: [
      {title: 'THE FILE', params: fileParams},
      {title: 'A CONTEXT', params: contextParams},
      {title: 'A HOST', params: hostParams},
    ],
    example: 'current: lab\ncontexts:\n  lab:\n    hosts:\n      - name: h1\n        ssh: root@192.0.2.10\n      - name: h2\n        ssh: admin@h2.example.com:2222\n  home:\n    hosts:\n      - name: box\n        ssh: box',
    seeAlso: ['corral-host-add(1)', 'corral-host-list(1)', 'corral-context-use(1)', 'corral(1)', 'ssh_config(5)'],
  }
}

function pctConf(): ConfigFile {
  return {
    name: 'pct.conf',
    summary: 'Configuration of a container.',
    description: [
      'Each container has a file of its own in the configuration store, `nodes/NODE/lxc/VMID.conf`. It is written by `pct create` and `pct set` and shown by `pct config`.',
      'A line is a key and a value, `key: value`. Lines at the top that begin with `#` are the description. A section `[pve:pending]` holds changes that wait for the next start of the container; a section with the name of a snapshot holds the configuration at the time of the snapshot.',
      'Lines that begin with `lxc.` go to LXC as they are, such as `lxc.idmap: u 0 100000 65536`; lxc.container.conf(5) describes them. They may stand there several times and cannot be set with `pct set`.',
      'The format is that of Proxmox VE, in both directions. A key that Corral does not carry out is refused by name when the container is to be started; it is never ignored.',
      'Where a value has settings, they are separated by commas and written `name=value`. The name in brackets may be left out.',
    ].join('\n\n'),
    groups: [
      {title: 'GENERAL', params: lxc.generalParams}, {title: 'PROCESSOR AND MEMORY', params: lxc.resourceParams}, {title: 'VOLUMES AND FOLDERS', params: lxc.mountParams},
      {title: 'NETWORK INTERFACES', params: lxc.netParams}, {title: 'DEVICES OF THE HOST', params: lxc.deviceParams},
    ],
    example: 'arch: amd64\ncores: 2\nhostname: web1\nmemory: 1024\nnet0: name=eth0,bridge=vmbr0,hwaddr=BC:24:11:2A:10:01,ip=dhcp,type=veth\nostype: debian\nrootfs: local:200/vm-200-disk-0.raw,size=8G\nswap: 512\nunprivileged: 1',
    seeAlso: ['pct(1)', 'pct-create(1)', 'pct-set(1)', 'pct-config(1)', 'pct-pending(1)', 'storage.cfg(5)', 'lxc.container.conf(5)'],
  }
}

function qmConf(): ConfigFile {
  return {
    name: 'qm.conf',
    summary: 'Configuration of a virtual machine.',
    description: [
      'Each virtual machine has a file of its own in the configuration store, `nodes/NODE/qemu-server/VMID.conf`. It is written by `qm create` and `qm set` and shown by `qm config`.',
      'A line is a key and a value, `key: value`. Lines at the top that begin with `#` are the description. A section `[PENDING]` holds changes that wait for the next start of the machine; a section with the name of a snapshot holds the configuration at the time of the snapshot.',
      'The format is that of Proxmox VE, in both directions. A key that Corral does not carry out is refused by name when the machine is to be started; it is never ignored.',
      'Where a value has settings, they are separated by commas and written `name=value`. The name in brackets may be left out.',
    ].join('\n\n'),
    groups: [
      {title: 'GENERAL', params: qemu.generalParams}, {title: 'MACHINE', params: qemu.machineParams}, {title: 'PROCESSOR', params: qemu.cpuParams},
      {title: 'MEMORY', params: qemu.memoryParams}, {title: 'FIRMWARE AND BOOTING', params: qemu.firmwareParams}, {title: 'DRIVES', params: qemu.driveParams},
      {title: 'NETWORK CARDS', params: qemu.netParams}, {title: 'DISPLAY AND SOUND', params: qemu.displayParams}, {title: 'PORTS AND OTHER DEVICES', params: qemu.portParams},
      {title: 'DEVICES AND FOLDERS OF THE HOST', params: {...qemu.hostDeviceParams, ...qemu.virtiofsParams}}, {title: 'ENCRYPTED MEMORY', params: qemu.encryptionParams},
      {title: 'CLOUD-INIT', text: 'They are told to the guest by a drive of its own (`--ide2 STORAGE:cloudinit`); see corral-cloud-init(7).', params: qemu.cloudInitParams},
    ],
    example: 'boot: order=scsi0;net0\ncores: 2\nmemory: 2048\nname: web1\nnet0: virtio=BC:24:11:2A:10:01,bridge=vmbr0\nostype: l26\nscsi0: local:100/vm-100-disk-0.qcow2,discard=on,size=32G\nscsihw: virtio-scsi-single\nserial0: socket',
    seeAlso: ['qm(1)', 'qm-create(1)', 'qm-set(1)', 'qm-config(1)', 'qm-pending(1)', 'storage.cfg(5)'],
  }
}

function jobsCfg(): ConfigFile {
  return {
    name: 'jobs.cfg',
    summary: 'The jobs that begin by themselves.',
    description: [
      'The file `jobs.cfg` in the configuration store names the jobs of the schedule, as corral-schedule(7) describes them. It is written by `corral backup job` and `corral snapshot job`.',
      'A section begins with a line `type: name`; its settings follow, indented, one a line, the value behind a space. Sections of type vzdump are those of Proxmox VE; those of type snapshot are Corral\'s own. Sections of other types are kept, and not run.',
    ].join('\n\n'),
    groups: [
      {title: 'JOBS OF TYPE VZDUMP', text: 'They make backups.', params: jobParams.vzdump},
      {title: 'JOBS OF TYPE SNAPSHOT', text: 'They take snapshots.', params: jobParams.snapshot},
    ],
    example: 'vzdump: nightly\n    schedule mon..fri 22:30\n    all 1\n    compress zstd\n    storage nas\n\nsnapshot: hourly\n    schedule hourly\n    keep-hourly 24\n    vmid 100,101',
    seeAlso: ['corral-backup-job-add(1)', 'corral-snapshot-job-add(1)', 'corral-schedule-list(1)', 'corral-schedule(7)', 'storage.cfg(5)'],
  }
}

async function storageCfg(): Promise<ConfigFile> {
  const plugins = await Promise.all(storageTypes.map(loadStoragePlugin))
  return {
    name: 'storage.cfg',
    summary: 'Configuration of the storages.',
    description: [
      'The file `storage.cfg` in the configuration store names the storages on which volumes lie. It is written by `pvesm add`, `pvesm set` and `pvesm remove`.',
      'A section begins with a line `type: name`; its options follow, indented, one a line, the value behind a space. Without the file there is one storage, the folder storage `local`.',
    ].join('\n\n'),
    groups: plugins.map(({type, params, fixed}) => ({
      title: `OPTIONS OF TYPE ${type.toUpperCase()}`,
      ...(fixed.length === 0 ? {} : {text: `These can be given only when the storage is added: ${fixed.join(', ')}.`}),
      params,
    })),
    example: 'dir: local\n    path /var/lib/corral/vz\n    content iso,vztmpl,backup,images,rootdir\n\ndir: fast\n    path /srv/fast\n    content images',
    seeAlso: ['pvesm(1)', 'pvesm-add(1)', 'pvesm-set(1)', 'qm.conf(5)'],
  }
}

function vzdumpConf(): ConfigFile {
  return {
    name: 'vzdump.conf',
    summary: 'What holds for all backups of a host.',
    description: [
      'The file `/etc/vzdump.conf` of the host, or `$CORRAL_ROOT/etc/vzdump.conf` of a private installation, holds options of vzdump(1) for all backups that are made on it. An option of the command or of the job counts more, and so do the rules of a storage for keeping backups.',
      'A line is a key and a value, `key: value`; lines that begin with `#` are comments. The file is edited by hand and need not be there. A key that is not known, or has a wrong value, fails every backup until it is put right.',
      'In `exclude-path` several patterns are separated by blanks, in quotes where they have blanks themselves, and the key may stand there several times; patterns of the command come on top.',
      'The format is that of Proxmox VE. `pbs-change-detection-mode` is for backup servers: its value is checked, and has no effect.',
    ].join('\n\n'),
    groups: [{title: 'OPTIONS', params: backupParams}],
    example: 'compress: zstd\nzstd: 0\nionice: 8\nmailto: root@pam\nmailnotification: failure\nprune-backups: keep-last=3,keep-weekly=4\nexclude-path: /var/cache "/srv/my files"',
    seeAlso: ['vzdump(1)', 'storage.cfg(5)'],
  }
}
