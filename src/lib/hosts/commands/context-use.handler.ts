// Changes the current context.
import {handleChange} from '../../tasks/index.ts'
import {withCurrent} from '../contexts.ts'
import {contextsPath, readContextsText} from '../contexts-file.ts'
import {contextsStep} from '../actions/contexts-write.ts'
import {spec} from './context-use.spec.ts'

export const handler = handleChange(spec, {
  locks: () => [],
  plan: async ({name}, {places, host}) => {
    const path = contextsPath(places)
    const before = await readContextsText(path, host.files)
    const after = await withCurrent(before, name, path)
    return {whenInterrupted: 'finish', steps: before === after ? [] : [contextsStep({path, before, after})]}
  },
})
