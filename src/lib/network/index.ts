export * from './bridges.ts'
export * from './rates.ts'
export * from './taps.ts'
export * from './vlans.ts'
