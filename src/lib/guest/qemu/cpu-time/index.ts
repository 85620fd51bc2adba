// The processor time of guests: limits and weights by control groups.
export {cpuTimeOf, scopeWords} from './cpu-time.ts'
export type {CpuTime} from './cpu-time.ts'
export {findControlGroups, groupName, hasSystemd, removeCpuGroup} from './control-group.ts'
