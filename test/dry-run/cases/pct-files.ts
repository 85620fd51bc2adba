// What is done with the files of containers. They are privileged ones, as in pct.ts, and do not run.
import {execFileSync} from 'node:child_process'
import {rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {onTestFinished} from 'vitest'
import {containerPaths} from '../../../src/lib/guest/lxc/runtime/paths.ts'
import type {DryRunCases} from '../support/case.ts'
import {madeContainer} from './pct.ts'

export const cases: DryRunCases = {
  'pct push': [{
    about: 'into a stopped container',
    arrange: async (world) => {
      await madeContainer(world)
      writeFileSync(join(world.root, 'pushed'), 'x')
      return ['pct', 'push', '200', join(world.root, 'pushed'), '/etc/pushed', '--perms', '0640', '--user', '0']
    },
    shows: /^# copy .*\/pushed to \/etc\/pushed in container 200: owner 0, mode 0640$/m,
  }],
  'pct pull': [{
    about: 'from a stopped container',
    arrange: async (world) => { await madeContainer(world); return ['pct', 'pull', '200', '/etc/passwd', join(world.root, 'pulled')] },
    shows: /^# copy \/etc\/passwd of container 200 to .*\/pulled$/m,
  }],
  'pct mount': [{
    arrange: async (world) => {
      await madeContainer(world)
      const {lxcPath, rootfs} = containerPaths(world.context.places, 200)
      onTestFinished(() => {
        execFileSync('umount', ['--recursive', rootfs], {timeout: 10_000})
        rmSync(lxcPath, {recursive: true})
      })
      return ['pct', 'mount', '200']
    },
    shows: /^\+lock: mounted$/m,
  }],
  'pct unmount': [{
    arrange: async (world) => { await madeContainer(world); await world.before('pct', 'mount', '200'); return ['pct', 'unmount', '200'] },
    shows: /^umount --recursive -- .*\/200\/rootfs$/m,
  }],
  'pct fsck': [{
    arrange: async (world) => { await madeContainer(world, undefined, 'local:0.02'); return ['pct', 'fsck', '200', '--force'] },
    shows: /^e2fsck -p -f -- .*\/vm-200-disk-0\.raw$/m,
  }],
  'pct fstrim': [{
    arrange: async (world) => { await madeContainer(world, undefined, 'local:0.02'); return ['pct', 'fstrim', '200'] },
    shows: /^# in the mount space of the container: fstrim --verbose -- .*\/200\/rootfs$/m,
  }],
}
