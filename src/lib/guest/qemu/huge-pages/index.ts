// Huge pages of the host, reserved for guests that are made of them.
export {locksOfHugePages, releaseHugePagesUnderLock} from './locks.ts'
export {reserveHugePages} from './reservation.ts'
