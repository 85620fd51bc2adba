// Files of machines that strangers made: what other folders take of their reading.
export {parseDigests} from './digests.ts'
export type {DigestAlgorithm, FileDigest} from './digests.ts'
export {importImage} from './import-image.ts'
export type {ImagePlace, ImportImage} from './import-image.ts'
export {checkMemberName} from './member-name.ts'
export {ovaManifest, ovaMember, readOvaMembers, readOvaText, utf8Text} from './ova.ts'
export type {OvaMember} from './ova.ts'
