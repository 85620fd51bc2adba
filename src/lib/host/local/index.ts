// What other folders take from local/: one function. The modules behind it load execa only when a program is run.
export {localHost} from './local-host.ts'
