// What the product makes of answers that were recorded from the real tools (test/support/recordings): the same as when they were recorded.
import {describe, expect, it} from 'vitest'
import {readRecording, replay} from '../../support/recordings/recording.ts'
import type {Scene} from '../../support/recordings/recording.ts'
import {cephPoolScene, diskScene, exportsScene, scanScene, subvolumeScene, targetScene, thinPoolScene, volumeGroupScene, zfsPoolScene} from '../../support/recordings/scenes.ts'

const scenes: Readonly<Record<string, Scene>> = {
  lvm: volumeGroupScene, rbd: cephPoolScene, iscsidirect: targetScene, tgt: exportsScene, btrfs: subvolumeScene, disks: diskScene, scans: scanScene, lvmthin: thinPoolScene, zfspool: zfsPoolScene,
}

describe.each(Object.entries(scenes))('the answers of %s', (name, scene) => {
  const recording = readRecording(name)
  if (recording === undefined) {
    it.skip(`were not recorded yet (${name}: where there is such a pool, with CORRAL_RECORD)`, () => undefined)
    return
  }
  it(`are understood (${Object.entries(recording.versions).map(([tool, version]) => `${tool}: ${version}`).join(', ')})`, async () => {
    expect(Object.keys(recording.versions).length).toBeGreaterThan(0)
    await replay(name, scene)
  })
})
