// Shuts guests down in their order.
import {defineAction} from '../../tasks/index.ts'
import type {GuestGroupsAction} from './guest-groups.ts'
import {describeGroups, runGroups} from './guest-groups.ts'

export const shutDownGuests = defineAction<GuestGroupsAction & {readonly kind: 'guests.shut-down'}>({kind: 'guests.shut-down', describe: describeGroups, run: runGroups})
