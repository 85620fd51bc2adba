import {defineConfig} from 'vitest/config'

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
    reporters: ['default'],
  },
})
