// What other folders may take: names for clients on other machines, and what a user's machine remembers. catalog.ts, which every command
// loads, takes what it needs from named-paths.ts and name-keeper.ts.
export {nameFiles} from './name-files.ts'
export type {NameFile, Names} from './name-files.ts'
export {readNames} from './read-names.ts'
export {remoteFolderName, rememberContexts, rememberNames} from './remembered-names.ts'
export type {NamedContext, RemoteTarget} from './remembered-names.ts'
