import {defineConfig} from 'vitest/config'

// Debian 13 hosts under TCG: one file at a time, on one host that is booted before the first. The first run builds its image.
export default defineConfig({
  test: {
    include: ['test/lab/**/*.test.ts'],
    exclude: ['node_modules/**'],
    globalSetup: ['test/lab/support/global-setup.ts'],
    env: {CORRAL_CONTRACT_WHERE: 'lab'},
    testTimeout: 300_000,
    hookTimeout: 600_000,
    fileParallelism: false,
    expect: {poll: {timeout: 60_000, interval: 100}},
    maxWorkers: 1,
    reporters: ['default'],
  },
})
