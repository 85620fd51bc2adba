// Backups, for whoever plans them: jobs, and the man page of vzdump.conf.
export {backupParams} from './backup-params.ts'
export {chosenGuests} from './choose-guests.ts'
export type {ChoiceFacts, GuestChoice} from './choose-guests.ts'
export {checkJobOptions, jobOptions} from './job-options.ts'
export type {JobOptions} from './job-options.ts'
