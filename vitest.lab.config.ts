import {basename} from 'node:path'
import {defineConfig} from 'vitest/config'
import type {TestSpecification} from 'vitest/node'
import {BaseSequencer} from 'vitest/node'

/** The longest, by what a quiet machine took: begun last, one of them would run alone in the end. */
const longest = ['install', 'ceph', 'containers', 'pairs', 'node-disks', 'iscsi']

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({moduleId}: TestSpecification): number => {
      const index = longest.indexOf(basename(moduleId, '.test.ts'))
      return index < 0 ? longest.length : index
    }
    return files.toSorted((one, other) => rank(one) - rank(other) || one.moduleId.localeCompare(other.moduleId))
  }
}

// Debian 13 hosts under TCG: two files at a time, on one host with two processors that is booted before the first. The first run builds its image.
export default defineConfig({
  test: {
    include: ['test/lab/**/*.test.ts'],
    exclude: ['node_modules/**'],
    globalSetup: ['test/lab/support/global-setup.ts'],
    env: {CORRAL_CONTRACT_WHERE: 'lab'},
    // What takes seconds on a quiet machine takes minutes on a busy one.
    testTimeout: 1_200_000,
    hookTimeout: 1_800_000,
    expect: {poll: {timeout: 60_000, interval: 100}},
    maxWorkers: 2,
    sequence: {sequencer: LongestFirst},
    reporters: ['default'],
  },
})
