import {defineConfig} from 'vitest/config'

// Debian guests with cloud-init and the guest agent: one file at a time. The first run builds the guest, which takes two minutes.
export default defineConfig({
  test: {
    include: ['test/e2e-debian/**/*.test.ts'],
    exclude: ['node_modules/**'],
    testTimeout: 600_000,
    hookTimeout: 15 * 60_000,
    fileParallelism: false,
    expect: {poll: {timeout: 10_000, interval: 20}},
    maxWorkers: 1,
    reporters: ['default'],
  },
})
