// Files of machines that strangers made: what other folders take of their reading.
export {parseDigests} from './digests.ts'
export type {DigestAlgorithm, FileDigest} from './digests.ts'
export {importFilePath} from './import-volume.ts'
export {checkMemberName} from './member-name.ts'
export {ovaImagePart, ovaManifest, ovaMember, readOvaMembers, readOvaText, utf8Text} from './ova.ts'
export type {OvaMember} from './ova.ts'
