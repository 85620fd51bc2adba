// Starts guests in their order.
import {defineAction} from '../../tasks/index.ts'
import type {GuestGroupsAction} from './guest-groups.ts'
import {describeGroups, runGroups} from './guest-groups.ts'

export const startGuests = defineAction<GuestGroupsAction & {readonly kind: 'guests.start'}>({kind: 'guests.start', describe: describeGroups, run: runGroups})
