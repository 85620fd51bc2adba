// Changes a custom CPU model.
import {ConflictError, InvalidInputError} from '../../../base/index.ts'
import {splitList} from '../../../spec/index.ts'
import {handleChange, storeCommitStep} from '../../../tasks/index.ts'
import {cpuModelName, cpuModelsPath, withChangedModel} from '../facts/custom-cpu-models.ts'
import {givenSettings} from './cpu-model-params.ts'
import {spec} from './cpu-model-set.spec.ts'

export const handler = handleChange(spec, {
  locks: () => [cpuModelsPath],
  plan: async ({cputype, delete: deleted, digest, ...values}, context) => {
    const name = cpuModelName(cputype)
    const given = givenSettings(values)
    const removed = splitList(deleted ?? '')
    if (Object.keys(given).length === 0 && removed.length === 0) {
      throw new InvalidInputError('no options were given, so there is nothing to change', {}, {nextSteps: [`For example: corral cpu-model set ${name} --flags +aes`]})
    }
    const file = await context.store.read(cpuModelsPath)
    if (digest !== undefined && digest !== '' && digest.toLowerCase() !== file?.digest) {
      throw new ConflictError(`${cpuModelsPath} was changed since the digest was read`, {data: {digest: file?.digest}, nextSteps: ['Read it again and repeat the command.']})
    }
    const text = withChangedModel(file?.data ?? '', name, {values: given, delete: removed})
    return {steps: text === file?.data ? [] : [storeCommitStep([{path: cpuModelsPath, was: file, text}])], whenInterrupted: 'undo', result: null}
  },
})
