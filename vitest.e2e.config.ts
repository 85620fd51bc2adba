import {defineConfig} from 'vitest/config'

// Real virtual machines: two files at a time, because a boot under TCG takes a whole processor, and two are what even a small machine has.
export default defineConfig({
  test: {
    include: ['test/e2e/**/*.test.ts'],
    exclude: ['node_modules/**'],
    testTimeout: 120_000,
    hookTimeout: 180_000,
    globalSetup: ['test/e2e/support/over-ssh.ts'],
    // A condition that is waited for has as long as a busy machine may need; one that never comes true costs a failing test that much.
    expect: {poll: {timeout: 10_000, interval: 20}},
    maxWorkers: 2,
    reporters: ['default'],
  },
})
