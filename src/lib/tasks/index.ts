export * from './context.ts'
export * from './plan.ts'
