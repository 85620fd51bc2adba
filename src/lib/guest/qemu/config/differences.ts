// What keys of qm.conf mean here otherwise than on Proxmox VE, and why: data for docs/proxmox-ve.md. A key that does not stand here does what it does
// there. What is refused by name is in unsupported-keys.ts and beside the sub-properties (`notBuiltYet`), and comes into the page from there.

/** By key, or by family (`net[n]`). Whole sentences. */
export const keyDifferences: Readonly<Record<string, string>> = {
  agent: 'Asked over the socket by Corral itself; the guest needs nothing else.',
  args: 'Goes to stock QEMU, which does not know what only Proxmox VE\'s patched one has. Only root may set it.',
  autostart: 'Has no effect there either.',
  cicustom: 'A file is at most 1 MiB, and all files together fit the drive of 4 MiB.',
  cipassword: 'Only a hash of it is stored, for Windows too, whose cloudbase-init cannot use one.',
  cpu: 'Models of one\'s own are made with `corral cpu-model`. Flags and models are those of the installed QEMU.',
  cpulimit: 'Carried out by control groups, of version 1 or 2, where the machine has the controller.',
  cpuunits: 'Carried out by control groups, of version 1 or 2, where the machine has the controller.',
  efidisk0: 'The templates of the variables are those of Debian\'s package ovmf. A file that Proxmox VE made is used as it is.',
  hookscript: 'Must be an executable file among the snippets that not everyone may write to. It gets a clean environment.',
  lock: 'Interrupted work is taken back by the next command instead, so locks that stay are rare.',
  machine: 'Versions of Proxmox VE\'s own (`+pve0`) are taken as those without it; the installed QEMU has to know the version.',
  migrate_downtime: 'Kept; there is no migration yet.',
  migrate_speed: 'Kept; there is no migration yet.',
  'net[n]': 'Without a bridge the card is behind a NAT of QEMU\'s own. A bridge has to exist; none is made.',
  'scsi[n]': 'Paths of devices (`/dev/…`) are for root alone, as there.',
  spice_enhancements: 'Needs a QEMU that was built with SPICE, such as Debian\'s.',
  tags: 'Colours and registered tags of datacenter.cfg are not looked at.',
  'virtiofs[n]': 'virtiofsd is started and ended with the guest; the folders are named in mapping/directory.cfg.',
  vmstatestorage: 'The state is stored as stock QEMU writes it, which Proxmox VE\'s QEMU does not read, nor the other way round.',
}

/** What commands of Proxmox VE do otherwise here. */
export const commandDifferences: Readonly<Record<string, string>> = {
  create: 'A drive cannot be given beside `--archive`; `--live-restore` takes backups in repositories; VMA archives cannot be read in any order.',
  'enroll-efi-keys': 'The keys are those of Debian\'s package ovmf, written by Corral itself. `dbx` and `PK` are written only where there are none.',
  import: 'Sources are OVF manifests and OVA archives on storages with content type `import`; storages of type esxi are not available. With `--live-import` the disks are qcow2, on a storage that keeps disks as files; a machine that ends meanwhile is kept and its disks are filled without it.',
  importovf: 'Takes archives (.ova) as well, compares digests, and reads images where they lie.',
  migrate: 'What crosses hosts is not built yet.',
  monitor: 'Speaks to the human monitor of stock QEMU.',
  mtunnel: 'What crosses hosts is not built yet.',
  nbdstop: 'What crosses hosts is not built yet.',
  'remote-migrate': 'What crosses hosts is not built yet.',
}

/** The commands of qm that Proxmox VE has; aliases among them. */
export const proxmoxCommands: readonly string[] = [
  'agent', 'cleanup', 'clone', 'cloudinit dump', 'cloudinit pending', 'cloudinit update', 'config', 'create', 'delsnapshot', 'destroy',
  'disk import', 'disk move', 'disk rescan', 'disk resize', 'disk unlink', 'enroll-efi-keys', 'guest cmd', 'guest exec',
  'guest exec-status', 'guest passwd', 'help', 'import', 'importdisk', 'importovf', 'list', 'listsnapshot', 'migrate', 'monitor',
  'move-disk', 'move_disk', 'mtunnel', 'nbdstop', 'pending', 'reboot', 'remote-migrate', 'rescan', 'reset', 'resize', 'resume', 'rollback',
  'sendkey', 'set', 'showcmd', 'shutdown', 'snapshot', 'start', 'status', 'stop', 'suspend', 'template', 'terminal', 'unlink', 'unlock',
  'vncproxy', 'wait',
]
