export * from './host.ts'
export {leftoversIn} from './leftovers.ts'
