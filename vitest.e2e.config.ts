import {defineConfig} from 'vitest/config'

// Real virtual machines: one file at a time, because a boot under TCG takes a whole processor.
export default defineConfig({
  test: {
    include: ['test/e2e/**/*.test.ts'],
    exclude: ['node_modules/**'],
    testTimeout: 120_000,
    hookTimeout: 180_000,
    globalSetup: ['test/e2e/support/over-ssh.ts'],
    fileParallelism: false,
    maxWorkers: 1,
    reporters: ['default'],
  },
})
