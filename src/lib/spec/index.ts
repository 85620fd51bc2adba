export * from './command.ts'
export * from './schema.ts'
export * from './standard.ts'
