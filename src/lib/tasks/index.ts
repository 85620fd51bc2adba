export * from './catalog-entry.ts'
export * from './context.ts'
export * from './doctor-check.ts'
export * from './plan.ts'
