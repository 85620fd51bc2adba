import {defineConfig} from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/e2e/**', 'test/e2e-debian/**', 'test/lab/**', 'node_modules/**'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // A condition that is waited for has as long as a busy machine may need; one that never comes true costs a failing test that much.
    expect: {poll: {timeout: 10_000, interval: 20}},
    maxWorkers: 2,
    reporters: ['default'],
  },
})
