// What tests take from fake/.
export {fakeHost} from './fake-host.ts'
export type {Answer, FakeHost, FakeHostOptions} from './fake-host.ts'
export type {Fault} from './fake-files.ts'
