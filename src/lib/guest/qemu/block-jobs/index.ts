// Copies of the drives of a running guest, by QEMU's mirror jobs.
export type {FinishImport, ImportingDisk} from './actions/finish-import.ts'
export type {EndServing, ServeBackup} from './actions/serve-backup.ts'
export {fillArgv, imageNode} from './import-image.ts'
export {endMirrorsStep, mirrorStep} from './mirror-steps.ts'
export type {CopyMode, DriveMirror} from './mirror.ts'
export {mirrorPlace} from './mirror.ts'
export {nodeNameOf, planMirror} from './plan-mirror.ts'
export type {MirrorWish} from './plan-mirror.ts'
