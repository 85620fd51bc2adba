// Disks, on loop devices.
import {spawnSync} from 'node:child_process'
import {writeFileSync, truncateSync} from 'node:fs'
import {onTestFinished} from 'vitest'
import type {DryRunCases} from '../support/case.ts'
import type {World} from '../support/world.ts'

/** A blank disk; where there are no loop devices the case fails, as nothing else would show that a dry run writes to no disk. */
function blankDisk({root}: World): string {
  const image = `${root}/disk.img`
  writeFileSync(image, '')
  truncateSync(image, 16 * 1024 ** 2)
  const {stdout, stderr} = spawnSync('losetup', ['-f', '--show', '--', image], {encoding: 'utf8'})
  const device = stdout.trim()
  if (device === '') throw new Error(`no loop device: ${stderr}`)
  onTestFinished(() => { spawnSync('losetup', ['-d', device]) })
  // Partitions of whoever had this loop device before stay with it.
  spawnSync('partx', ['--delete', '--', device])
  return device
}

export const cases: DryRunCases = {
  'corral disk initgpt': [{arrange: async (world) => ['corral', 'disk', 'initgpt', blankDisk(world)], shows: /^sgdisk '--disk-guid=R' \/dev\/loop\d+$/m}],
  'corral disk wipe': [{
    arrange: async (world) => {
      const device = blankDisk(world)
      spawnSync('mkfs.ext4', ['-q', '-L', 'old', device])
      return ['corral', 'disk', 'wipe', device]
    },
    shows: /^# will be lost: \/dev\/loop\d+: an ext4 file system 'old'\nwipefs --all -- \/dev\/loop\d+$/m,
  }],
}
