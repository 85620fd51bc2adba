// Makes a custom CPU model.
import {handleChange, storeCommitStep} from '../../../tasks/index.ts'
import {cpuModelName, cpuModelsPath, withNewModel} from '../facts/custom-cpu-models.ts'
import {givenSettings} from './cpu-model-params.ts'
import {spec} from './cpu-model-create.spec.ts'

/** A wrong name is refused before anything is locked. */
function lockFor(cputype: string): string[] {
  cpuModelName(cputype)
  return [cpuModelsPath]
}

export const handler = handleChange(spec, {
  locks: ({cputype}) => lockFor(cputype),
  plan: async ({cputype, ...values}, context) => {
    const file = await context.store.read(cpuModelsPath)
    const text = withNewModel(file?.data ?? '', cpuModelName(cputype), givenSettings(values))
    return {steps: [storeCommitStep([{path: cpuModelsPath, was: file, text}])], whenInterrupted: 'undo', result: null}
  },
})
