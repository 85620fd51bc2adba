// Containers, privileged ones: they need no ranges of users. Those that run do so in a real LXC, with an init that ends by itself.
import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {writeBackup, writeTemplate} from '../../support/container-template.ts'
import type {DryRunCases} from '../support/case.ts'
import type {World} from '../support/world.ts'

const template = (world: World, init = 'exec /bin/sleep 1') => writeTemplate(join(world.root, 'lib/vz/template/cache/small.tar.gz'), {init})
const haltingInit = 'trap "exit 0" PWR\nfor i in 1 2 3 4 5 6 7 8 9; do /bin/sleep 5 & wait; done'
const archive = (world: World) => writeBackup(join(world.root, 'lib/vz/dump/vzdump-lxc-100-2026_01_31-03_00_00.tar'), 'hostname: old\nostype: debian\nrootfs: local:100/x,size=0T\n')
const conf = (world: World, text: string) => world.context.store.commit({put: {'nodes/h1/lxc/200.conf': text}})

export async function madeContainer(world: World, init?: string, rootfs = 'local:0'): Promise<void> {
  template(world, init)
  await world.before('pct', 'create', '200', 'local:vztmpl/small.tar.gz', '--rootfs', rootfs, '--unprivileged', '0')
}

export const cases: DryRunCases = {
  'pct create': [
    {
      about: 'in a folder, with a password',
      arrange: async (world) => {
        template(world)
        return ['pct', 'create', '200', 'local:vztmpl/small.tar.gz', '--rootfs', 'local:0', '--unprivileged', '0', '--password', 'hunter2', '--net0', 'name=eth0,ip=dhcp,hwaddr=BC:24:11:00:00:01', '--ostype', 'debian']
      },
      secrets: ['hunter2'],
      shows: /^\+rootfs: local:200\/subvol-200-disk-0\.subvol,size=0T$/m,
    },
    {
      about: 'in an image',
      arrange: async (world) => {
        template(world)
        return ['pct', 'create', '200', 'local:vztmpl/small.tar.gz', '--rootfs', 'local:0.1', '--unprivileged', '0', '--ostype', 'unmanaged']
      },
      shows: /^mkfs\.ext4 .*vm-200-disk-0\.raw$/m,
    },
  ],
  'pct restore': [
    {
      about: 'as a new container',
      arrange: async (world) => {
        archive(world)
        return ['pct', 'restore', '200', 'local:backup/vzdump-lxc-100-2026_01_31-03_00_00.tar']
      },
      shows: /^# unpack local:backup\/vzdump-lxc-100-2026_01_31-03_00_00\.tar into the root file system of container 200, as its own root$/m,
    },
    {
      about: 'in the place of one',
      arrange: async (world) => {
        archive(world)
        await madeContainer(world)
        return ['pct', 'restore', '200', 'local:backup/vzdump-lxc-100-2026_01_31-03_00_00.tar', '--force']
      },
      shows: /^rm -rf --one-file-system -- .*subvol-200-disk-0\.subvol$/m,
    },
  ],
  'pct set': [
    {about: 'a value', arrange: async (world) => { await conf(world, 'memory: 32\n'); return ['pct', 'set', '200', '--memory', '64'] }, shows: /^\+memory: 64$/m},
    {
      about: 'limits and an interface of a running container',
      arrange: async (world) => {
        await madeContainer(world, 'exec /bin/sleep 60')
        await world.before('pct', 'start', '200')
        return ['pct', 'set', '200', '--memory', '64', '--net9', 'name=eth9,hwaddr=BC:24:11:00:00:09,ip=192.0.2.5/24']
      },
      shows: /^ip link add name veth200i9 /m,
    },
    {about: 'a new volume', arrange: async (world) => { await conf(world, 'memory: 32\n'); return ['pct', 'set', '200', '--mp0', 'local:0,mp=/srv'] }, shows: /^mkdir .*subvol-200-disk-0\.subvol$/m},
  ],
  'pct unlock': [{arrange: async (world) => { await conf(world, 'lock: backup\nmemory: 32\n'); return ['pct', 'unlock', '200'] }, shows: /^-lock: backup$/m}],
  'pct destroy': [{
    arrange: async (world) => { await madeContainer(world); return ['pct', 'destroy', '200'] },
    shows: /^rm -rf --one-file-system -- .*subvol-200-disk-0\.subvol$/m,
  }],
  'pct start': [{
    arrange: async (world) => { await madeContainer(world); return ['pct', 'start', '200'] },
    shows: /^# in that mount space: lxc-start /m,
  }],
  'pct stop': [{
    arrange: async (world) => { await madeContainer(world, 'exec /bin/sleep 60'); await world.before('pct', 'start', '200'); return ['pct', 'stop', '200'] },
    shows: /^lxc-stop .* --kill$/m,
  }],
  'pct reboot': [{
    arrange: async (world) => { await madeContainer(world, haltingInit); await world.before('pct', 'start', '200'); return ['pct', 'reboot', '200'] },
    shows: /^pct start 200$/m,
  }],
  'pct suspend': [{
    arrange: async (world) => { await madeContainer(world, 'exec /bin/sleep 60'); await world.before('pct', 'start', '200'); return ['pct', 'suspend', '200'] },
    shows: /^lxc-freeze /m,
  }],
  'pct resume': [{
    arrange: async (world) => { await madeContainer(world, 'exec /bin/sleep 60'); await world.before('pct', 'start', '200'); await world.before('pct', 'suspend', '200'); return ['pct', 'resume', '200'] },
    shows: /^lxc-unfreeze /m,
  }],
  'corral container cleanup': [{
    arrange: async (world) => {
      await conf(world, 'memory: 32\n')
      mkdirSync(join(world.root, 'run/lxc'), {recursive: true})
      writeFileSync(join(world.root, 'run/lxc/200.run'), 'a run that ended unseen')
      return ['corral', 'container', 'cleanup', '200']
    },
    shows: /^rm -f -- .*\/200\.run$/m,
  }],
  'pct shutdown': [{
    arrange: async (world) => { await madeContainer(world, haltingInit); await world.before('pct', 'start', '200'); return ['pct', 'shutdown', '200'] },
    shows: /^lxc-stop .* --nowait --nokill$/m,
  }],
  // The storages' own part in snapshots is compared by the cases of machines; here it is what is a container's.
  'pct snapshot': [{
    arrange: async (world) => { await conf(world, 'memory: 32\n'); return ['pct', 'snapshot', '200', 'first', '--description', 'one'] },
    shows: /^\+snapstate: prepare$/m,
  }],
  'pct rollback': [{
    arrange: async (world) => { await conf(world, 'memory: 64\nparent: first\n\n[first]\nmemory: 32\nsnaptime: 1700000000\n'); return ['pct', 'rollback', '200', 'first'] },
    shows: /^\+memory: 32$/m,
  }],
  'pct delsnapshot': [{
    arrange: async (world) => { await conf(world, 'memory: 64\nparent: first\n\n[first]\nmemory: 32\nsnaptime: 1700000000\n'); return ['pct', 'delsnapshot', '200', 'first'] },
    shows: /^-parent: first$/m,
  }],
  'pct rescan': [{
    arrange: async (world) => { await conf(world, 'memory: 32\n'); await world.before('pvesm', 'alloc', 'local', '200', 'vm-200-disk-0.raw', '1M'); return ['pct', 'rescan'] },
    shows: /^\+unused0: local:200\/vm-200-disk-0\.raw$/m,
  }],
  'pct resize': [{
    arrange: async (world) => { await madeContainer(world, undefined, 'local:0.02'); return ['pct', 'resize', '200', 'rootfs', '+8M'] },
    shows: /^qemu-img resize .*vm-200-disk-0\.raw/m,
  }],
  'pct move-volume': [{
    arrange: async (world) => {
      await madeContainer(world)
      await world.before('pvesm', 'add', 'dir', 'other', '--path', join(world.root, 'other'), '--content', 'rootdir')
      return ['pct', 'move-volume', '200', 'rootfs', 'other', '--delete']
    },
    shows: /^# copy the files of local:200\/subvol-200-disk-0\.subvol to other:200\/subvol-200-disk-0\.subvol, /m,
  }],
  'pct clone': [{
    arrange: async (world) => { await madeContainer(world, undefined, 'local:0.02'); return ['pct', 'clone', '200', '201', '--hostname', 'copy'] },
    shows: /^\+rootfs: local:201\/vm-201-disk-0\.raw,/m,
  }],
  'pct template': [{
    arrange: async (world) => { await madeContainer(world, undefined, 'local:0.02'); return ['pct', 'template', '200'] },
    shows: /^\+rootfs: local:200\/base-200-disk-0\.raw,/m,
  }],
}
