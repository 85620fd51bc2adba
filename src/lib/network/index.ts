export * from './bridges.ts'
export * from './taps.ts'
