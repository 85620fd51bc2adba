export {freezeSteps} from './freeze-steps.ts'
export type {FreezeSteps} from './freeze-steps.ts'
