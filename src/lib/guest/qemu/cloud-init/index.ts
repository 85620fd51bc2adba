// Drives for cloud-init: what is on them, and how they are made and brought up to date.
export {assertCdromBus, cloudInitDriveBytes, cloudInitDriveOf, cloudInitDriveText, newCloudInitDrive} from './drive.ts'
export type {CloudInitDrive, NewCloudInitDrive} from './drive.ts'
export {cloudInitEntries, hasRecordedChanges, isCloudInitKey, withRecordedChanges, withoutRecordedChanges} from './recorded-changes.ts'
export type {CloudInitEntry} from './recorded-changes.ts'
