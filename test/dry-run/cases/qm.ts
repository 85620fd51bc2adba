// Virtual machines. Those that run do so in a real QEMU, with nothing to boot.
import {join} from 'node:path'
import {makeAppliance} from '../../support/appliance.ts'
import {writeMachineBackup} from '../../support/machine-backup.ts'
import {writePveFolder} from '../../support/pve-tree.ts'
import type {DryRunCases} from '../support/case.ts'
import {typedSecret} from '../support/world.ts'

export const cases: DryRunCases = {
  'qm create': [
    {about: 'without disks', arrange: async () => ['qm', 'create', '100', '--memory', '64', '--name', 'web'], shows: /^\+name: web$/m},
    {
      about: 'with disks, variables of its firmware, and a start',
      arrange: async () => ['qm', 'create', '100', '--memory', '64', '--scsi0', 'local:1', '--scsi1', 'local:1,format=qcow2', '--bios', 'ovmf', '--efidisk0', 'local:1', '--start', '1'],
      shows: /^qm start 100$/m,
    },
  ],
  qmrestore: [{
    arrange: async ({root}) => ['qmrestore', writeMachineBackup(join(root, 'archives')).path, '100'],
    shows: /^# fill local:100\/vm-100-disk-0\.qcow2 \(3M\)/m,
  }],
  'corral import pve': [{
    arrange: async ({root}) => ['corral', 'import', 'pve', writePveFolder(join(root, 'tree')), '--secrets', '1'],
    secrets: ['hunter2'],
    shows: /^\+name: web$/m,
  }],
  'qm importovf': [{
    arrange: async ({root}) => ['qm', 'importovf', '100', (await makeAppliance(join(root, 'appliance'), {hardware: '<vmw:Config vmw:key="firmware" vmw:value="efi"/>'})).archive, 'local'],
    shows: /^qemu-img convert .*"offset":/m,
  }],
  'qm import': [{
    arrange: async ({root}) => {
      await makeAppliance(join(root, 'lib/vz/import'))
      return ['qm', 'import', '100', 'local:import/web.ovf', '--storage', 'local', '--memory', '64', '--scsi1', 'local:1']
    },
    shows: /^\+memory: 64$/m,
  }],
  'qm set': [
    {
      about: 'a value, beside a secret',
      arrange: async ({context}) => {
        await context.store.commit({put: {'nodes/h1/qemu-server/100.conf': 'memory: 32\ncipassword: hunter2-old\nname: web\n'}})
        return ['qm', 'set', '100', '--memory', '64']
      },
      secrets: ['hunter2-old'],
      shows: /^\+memory: 64$/m,
    },
    {
      about: 'a new disk',
      arrange: async (world) => {
        await world.guest(100)
        return ['qm', 'set', '100', '--scsi0', 'local:1']
      },
      shows: /^qemu-img create /m,
    },
    {
      about: 'a disk given up for good',
      arrange: async (world) => {
        await world.before('qm', 'create', '100', '--scsi0', 'local:1')
        return ['qm', 'set', '100', '--delete', 'scsi0', '--force', '1']
      },
      shows: /^rm -f -- /m,
    },
    {
      about: 'of one that runs: it waits',
      arrange: async (world) => {
        await world.runningGuest(100)
        return ['qm', 'set', '100', '--memory', '64']
      },
      shows: /^\+\[PENDING\]$/m,
    },
    {
      about: 'of one that runs: a disk is plugged in, with its controller',
      arrange: async (world) => {
        await world.runningGuest(100, 'scsihw: virtio-scsi-single\n')
        return ['qm', 'set', '100', '--scsi1', 'local:1']
      },
      shows: /^# QMP: device_add driver=virtio-scsi-pci id=virtioscsi1 .*\n# QMP: human-monitor-command command-line=drive_add .*\n# QMP: device_add driver=scsi-hd /m,
    },
  ],
  'qm clone': [
    {
      about: 'in full, with its firmware\'s variables',
      arrange: async (world) => {
        await world.before('qm', 'create', '100', '--scsi0', 'local:1', '--bios', 'ovmf', '--efidisk0', 'local:1')
        return ['qm', 'clone', '100', '101', '--format', 'qcow2', '--bwlimit', '1000000']
      },
      shows: /^qemu-img convert .* -O qcow2 /m,
    },
    {
      about: 'without disks',
      arrange: async (world) => {
        await world.before('qm', 'create', '100', '--name', 'web')
        return ['qm', 'clone', '100', '101']
      },
      shows: /^\+name: Copy-of-VM-web$/m,
    },
    {
      about: 'linked to a template, with a cloud-init drive of its own',
      arrange: async (world) => {
        await world.before('qm', 'create', '100', '--scsi0', 'local:1', '--ide2', 'local:cloudinit', '--cipassword', typedSecret)
        await world.before('qm', 'template', '100')
        return ['qm', 'clone', '100', '101', '--name', 'web']
      },
      secrets: [typedSecret],
      shows: /^qemu-img create .*vm-101-cloudinit\.qcow2.*\n(?:.*\n)*qemu-img create .* -b /m,
    },
  ],
  'qm template': [{
    arrange: async (world) => {
      await world.before('qm', 'create', '100', '--scsi0', 'local:1', '--scsi1', 'local:1,format=qcow2')
      return ['qm', 'template', '100']
    },
    shows: /^mv -- .*base-100-disk-0/m,
  }],
  'qm cloudinit update': [{
    arrange: async (world) => {
      await world.before('qm', 'create', '100', '--ide2', 'local:cloudinit', '--cipassword', typedSecret)
      return ['qm', 'cloudinit', 'update', '100']
    },
    secrets: [typedSecret],
    shows: /^qemu-img convert .*vm-100-cloudinit\.qcow2$/m,
  }],
  'qm enroll-efi-keys': [{
    arrange: async (world) => {
      await world.before('qm', 'create', '100', '--efidisk0', 'local:1,efitype=4m')
      return ['qm', 'enroll-efi-keys', '100']
    },
    shows: /^#   KEK: Microsoft Corporation KEK CA 2011$/m,
  }],
  'qm destroy': [{
    arrange: async (world) => {
      await world.before('qm', 'create', '100', '--scsi0', 'local:1')
      return ['qm', 'destroy', '100']
    },
    shows: /^\+\+\+ \/dev\/null$/m,
  }],
  'qm guest cmd': [
    {
      about: 'that changes something',
      arrange: async (world) => {
        await world.guestWithAgent(100, {'guest-fstrim': () => ({paths: []})})
        return ['qm', 'guest', 'cmd', '100', 'fstrim']
      },
      shows: /^# guest agent: guest-fstrim$/m,
    },
    {
      about: 'that looks',
      arrange: async (world) => {
        await world.guestWithAgent(100, {'guest-get-osinfo': () => ({id: 'debian'})})
        return ['qm', 'guest', 'cmd', '100', 'get-osinfo']
      },
      shows: /^# ask the guest agent: guest-get-osinfo$/m,
    },
  ],
  'qm guest exec': [{
    arrange: async (world) => {
      await world.guestWithAgent(100, {'guest-exec': () => ({pid: 7}), 'guest-exec-status': () => ({exited: true, exitcode: 0})})
      return ['qm', 'guest', 'exec', '100', '--pass-stdin', '1', '--', 'tee', '/etc/motd']
    },
    secrets: [typedSecret],
    shows: /^# guest agent: guest-exec path=tee arg=\["\/etc\/motd"\] capture-output=true input-data=\*\*\*$/m,
  }],
  'qm guest passwd': [{
    arrange: async (world) => {
      await world.guestWithAgent(100, {'guest-set-user-password': () => ({})})
      return ['qm', 'guest', 'passwd', '100', 'root']
    },
    secrets: [typedSecret],
    shows: /^# guest agent: guest-set-user-password username=root crypted=false password=\*\*\*$/m,
  }],
  'qm unlock': [{
    arrange: async (world) => {
      await world.guest(100, 'lock: backup\n')
      return ['qm', 'unlock', '100']
    },
    shows: /^-lock: backup$/m,
  }],
  'qm start': [
    {
      arrange: async (world) => {
        await world.guest(100, 'serial0: socket\n')
        return ['qm', 'start', '100']
      },
      shows: /^.*qemu-system-x86_64 .* -daemonize/m,
    },
    {
      about: 'with changes that waited, a balloon and variables of its firmware',
      arrange: async (world) => {
        await world.guest(100, 'balloon: 16\nbios: ovmf\n\n[PENDING]\ncores: 2\n')
        return ['qm', 'start', '100']
      },
      shows: /^# QMP: balloon value=/m,
    },
  ],
  'qm stop': [{
    arrange: async (world) => {
      await world.runningGuest(100)
      return ['qm', 'stop', '100']
    },
    shows: /^# QMP: quit$/m,
  }],
  'qm shutdown': [
    {
      arrange: async (world) => {
        await world.runningGuest(100)
        world.guestsObeyPowerButton()
        return ['qm', 'shutdown', '100']
      },
      shows: /^# QMP: system_powerdown$/m,
    },
    {
      about: 'of one that does not listen',
      arrange: async (world) => {
        await world.runningGuest(100)
        return ['qm', 'shutdown', '100', '--timeout', '1', '--forceStop', '1']
      },
      shows: /^# QMP: quit, when it is still up after 1 s$/m,
    },
  ],
  'qm reboot': [{
    arrange: async (world) => {
      await world.runningGuest(100)
      world.guestsObeyPowerButton()
      return ['qm', 'reboot', '100']
    },
    shows: /^# QMP: system_powerdown$/m,
  }],
  'qm reset': [{
    arrange: async (world) => {
      await world.runningGuest(100)
      return ['qm', 'reset', '100']
    },
    shows: /^# QMP: system_reset$/m,
  }],
  'qm suspend': [
  {
    about: 'to disk',
    arrange: async (world) => {
      await world.runningGuest(100)
      return ['qm', 'suspend', '100', '--todisk', '1']
    },
    shows: /^\+lock: suspended$/m,
  },
  {
    arrange: async (world) => {
      await world.runningGuest(100)
      return ['qm', 'suspend', '100']
    },
    shows: /^# QMP: stop$/m,
  }],
  'qm resume': [
  {
    about: 'from disk',
    arrange: async (world) => {
      await world.runningGuest(100)
      await world.before('qm', 'suspend', '100', '--todisk', '1')
      return ['qm', 'resume', '100']
    },
    shows: /^# the machine goes on from the state in local:100\/vm-100-state-suspend-.*\.raw$/m,
  },
  {
    arrange: async (world) => {
      await world.runningGuest(100)
      await world.before('qm', 'suspend', '100')
      return ['qm', 'resume', '100']
    },
    shows: /^# QMP: cont$/m,
  }],
  'qm snapshot': [
    {
      about: 'of one that is off',
      arrange: async (world) => {
        await world.before('qm', 'create', '100', '--memory', '32', '--scsi0', 'local:0.01,format=qcow2')
        return ['qm', 'snapshot', '100', 'before-upgrade', '--description', 'before the upgrade']
      },
      shows: /^qemu-img snapshot -q -c before-upgrade /m,
    },
    {
      about: 'of one that runs',
      arrange: async (world) => {
        await world.before('qm', 'create', '100', '--kvm', '0', '--vga', 'none', '--memory', '32', '--scsi0', 'local:0.01,format=qcow2')
        await world.before('qm', 'start', '100')
        return ['qm', 'snapshot', '100', 'at-work']
      },
      shows: /^# QMP: transaction actions=.*"drive-scsi0"/m,
    },
    {
      about: 'with its memory',
      arrange: async (world) => {
        await world.before('qm', 'create', '100', '--kvm', '0', '--vga', 'none', '--memory', '32', '--scsi0', 'local:0.01,format=qcow2')
        await world.before('qm', 'start', '100')
        return ['qm', 'snapshot', '100', 'at-work', '--vmstate', '1']
      },
      shows: /^\+vmstate: local:100\/vm-100-state-at-work\.raw$/m,
    },
  ],
  'qm delsnapshot': [{
    arrange: async (world) => {
      await world.before('qm', 'create', '100', '--memory', '32', '--scsi0', 'local:0.01,format=qcow2')
      await world.before('qm', 'snapshot', '100', 'before-upgrade')
      return ['qm', 'delsnapshot', '100', 'before-upgrade']
    },
    shows: /^qemu-img snapshot -q -d before-upgrade /m,
  }],
  'qm rollback': [{
    arrange: async (world) => {
      await world.before('qm', 'create', '100', '--memory', '32', '--scsi0', 'local:0.01,format=qcow2', '--vmgenid', '0')
      await world.before('qm', 'snapshot', '100', 'before-upgrade')
      return ['qm', 'rollback', '100', 'before-upgrade']
    },
    shows: /^qemu-img snapshot -q -a before-upgrade /m,
  },
  {
    about: 'with its memory',
    arrange: async (world) => {
      await world.before('qm', 'create', '100', '--kvm', '0', '--vga', 'none', '--memory', '32', '--scsi0', 'local:0.01,format=qcow2', '--vmgenid', '0')
      await world.before('qm', 'start', '100')
      await world.before('qm', 'snapshot', '100', 'at-work', '--vmstate', '1')
      return ['qm', 'rollback', '100', 'at-work']
    },
    shows: /^.*qemu-system-x86_64 .* -incoming unix:/m,
  }],
  'qm sendkey': [{
    arrange: async (world) => {
      await world.runningGuest(100)
      return ['qm', 'sendkey', '100', 'ctrl-alt-delete']
    },
    shows: /^# QMP: send-key ctrl-alt-delete$/m,
  }],
  'qm disk unlink': [{
    arrange: async (world) => {
      await world.before('qm', 'create', '100', '--scsi0', 'local:1')
      return ['qm', 'disk', 'unlink', '100', '--idlist', 'scsi0', '--force', '1']
    },
    shows: /^rm -f -- /m,
  }],
  'qm disk import': [{
    arrange: async (world) => {
      await world.before('pvesm', 'alloc', 'local', '101', 'vm-101-disk-0.qcow2', '1M')
      await world.guest(100)
      await world.guest(101)
      return ['qm', 'disk', 'import', '100', 'local:101/vm-101-disk-0.qcow2', 'local', '--target-disk', 'scsi0']
    },
    shows: /^\+scsi0: local:100\/vm-100-disk-0\.qcow2,size=1M$/m,
  }],
  'qm disk move': [
    {
      about: 'into another format, the old volume removed',
      arrange: async (world) => {
        await world.before('qm', 'create', '100', '--scsi0', 'local:0.01')
        return ['qm', 'disk', 'move', '100', 'scsi0', 'local', '--format', 'qcow2', '--delete', '1']
      },
      shows: /^qemu-img convert -p -n --target-is-zero -f raw -O qcow2 -- .*$/m,
    },
    {
      about: 'of one that runs',
      arrange: async (world) => {
        await world.before('qm', 'create', '100', '--kvm', '0', '--memory', '32', '--vga', 'none', '--scsi0', 'local:0.01', '--vmgenid', '0')
        await world.before('qm', 'start', '100')
        return ['qm', 'disk', 'move', '100', 'scsi0', 'local', '--format', 'qcow2']
      },
      shows: /^# QMP: blockdev-mirror job-id=mirror-scsi0 device=drive-scsi0 .*\n[^]*^# QMP: block-job-complete device=mirror-scsi0$/m,
    },
    {
      about: 'to another machine',
      arrange: async (world) => {
        await world.before('qm', 'create', '100', '--scsi0', 'local:0.01')
        await world.guest(101)
        return ['qm', 'disk', 'move', '100', 'scsi0', '--target-vmid', '101', '--target-disk', 'scsi5']
      },
      shows: /^mv -- \S+vm-100-disk-0\.raw \S+vm-101-disk-0\.raw$/m,
    },
  ],
  'qm disk resize': [
    {
      arrange: async (world) => {
        await world.before('qm', 'create', '100', '--scsi0', 'local:0.01')
        return ['qm', 'disk', 'resize', '100', 'scsi0', '+1M']
      },
      shows: /^qemu-img resize -q -f raw /m,
    },
    {
      about: 'of one that runs',
      arrange: async (world) => {
        await world.before('qm', 'create', '100', '--kvm', '0', '--memory', '32', '--vga', 'none', '--scsi0', 'local:0.01', '--vmgenid', '0')
        await world.before('qm', 'start', '100')
        return ['qm', 'disk', 'resize', '100', 'scsi0', '+1M']
      },
      shows: /^# QMP: block_resize device=drive-scsi0 size=\d+$/m,
    },
  ],
  'qm disk rescan': [{
    about: 'with a volume that no configuration names',
    arrange: async (world) => {
      await world.guest(100)
      await world.before('pvesm', 'alloc', 'local', '100', 'vm-100-disk-0.raw', '1M')
      return ['qm', 'disk', 'rescan']
    },
    shows: /^\+unused0: local:100\/vm-100-disk-0\.raw$/m,
  }],
  'pvenode startall': [{
    arrange: async (world) => {
      await world.guest(100, 'onboot: 1\nstartup: order=2\n')
      await world.guest(101, 'onboot: 1\nstartup: order=1,up=0\n')
      await world.guest(102)
      return ['pvenode', 'startall']
    },
    shows: /^qm start 101\n(?:#.*\n)*qm start 100$/m,
  }],
  'pvenode stopall': [{
    arrange: async (world) => {
      await world.runningGuest(100)
      return ['pvenode', 'stopall', '--timeout', '5']
    },
    shows: /^qm shutdown 100 --timeout 5 --forceStop 1$/m,
  }],
  'corral cpu-model create': [{
    arrange: async () => ['corral', 'cpu-model', 'create', 'custom-build', '--reported-model', 'Haswell', '--flags', '+aes'],
    shows: /^\+cpu-model: build$/m,
  }],
  'corral cpu-model set': [{
    arrange: async (world) => {
      await world.before('corral', 'cpu-model', 'create', 'custom-build', '--reported-model', 'Haswell')
      return ['corral', 'cpu-model', 'set', 'custom-build', '--hidden', '1']
    },
    shows: /^\+\s*hidden/m,
  }],
  'corral cpu-model delete': [{
    arrange: async (world) => {
      await world.before('corral', 'cpu-model', 'create', 'custom-build', '--reported-model', 'Haswell')
      return ['corral', 'cpu-model', 'delete', 'custom-build']
    },
    shows: /^-cpu-model: build$/m,
  }],
  'qm cleanup': [{
    about: 'after a reboot',
    arrange: async (world) => {
      await world.runningGuest(100)
      await world.context.host.files.write(`${world.context.places.runDir}/qemu-server/100.reboot`, '')
      await world.endGuests()
      return ['qm', 'cleanup', '100', '1', '1']
    },
    shows: /^qm start 100$/m,
  }],
}
