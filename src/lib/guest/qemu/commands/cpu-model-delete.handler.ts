// Removes a custom CPU model, and says which guests still name it.
import {handleChange, storeCommitStep} from '../../../tasks/index.ts'
import {cpuModelName, cpuModelsPath, withoutModel} from '../facts/custom-cpu-models.ts'
import {listAllGuests} from '../guest-files.ts'
import {spec} from './cpu-model-delete.spec.ts'

export const handler = handleChange(spec, {
  locks: () => [cpuModelsPath],
  plan: async ({cputype}, context) => {
    const name = cpuModelName(cputype)
    const file = await context.store.read(cpuModelsPath)
    const text = withoutModel(file?.data ?? '', name)
    const users = (await listAllGuests(context.store)).filter(({file: {data}}) => new RegExp(`^cpu:\\s*(?:cputype=)?custom-${name}(?:,|\\s*$)`, 'm').test(data))
    if (users.length > 0) context.log.warn(`these guests name the model and are not started without it: ${users.map(({vmid}) => vmid).join(', ')}`)
    return {steps: [storeCommitStep([{path: cpuModelsPath, was: file, text: text === '' ? undefined : text}])], whenInterrupted: 'undo', result: null}
  },
})
